namespace LmmFunctional

open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>Models as text, in the language of R and lme4.</summary>
/// <remarks><para>Terms: <c>+ - : * / ^ %in%</c> and parentheses, <c>0 +</c>, <c>1</c>, <c>-1</c>, <c>.</c> for all columns
/// not named elsewhere, arithmetic inside calls and <c>I(...)</c>, names with blanks in back-ticks. Random terms:
/// <c>(x | g)</c>, <c>(0 + x | g)</c>, <c>(1 | a/b)</c>, <c>(1 | a:b)</c>, and with a structure of
/// <see cref="T:LmmFunctional.StructureCatalogueModule"/>: <c>ar1(0 + visit | g)</c>, <c>known(A | g)</c>,
/// <c>kron(us(0 + trait), known(A) | g)</c>, <c>cs(x | g per arm)</c>. Clauses follow a semicolon: <c>; weights = w</c>,
/// <c>; residual = ar1(week | subject) * varpower(dose) + nugget per arm</c>.</para>
/// <para><c>(x || g)</c> always means independent effects, for the columns of a factor too. lme4 1.1 differs there: it
/// splits only the formula, so that the levels of a factor stay correlated.</para>
/// <para>As in R the intercept is implied; printing always shows it, as <c>1 +</c> or <c>0 +</c>.</para></remarks>
[<RequireQualifiedAccess>]
module Formula =

    let private meaning text (syntax: FormulaSyntax) =
        let problem = ParserText.problem text

        let weights =
            syntax.Clauses
            |> List.choose (fun clause ->
                match clause with
                | Clause.Weights(column, at) -> Some(column, at)
                | Clause.Residual _ -> None)

        let residuals =
            syntax.Clauses
            |> List.choose (fun clause ->
                match clause with
                | Clause.Residual residual -> Some residual
                | Clause.Weights _ -> None)

        let responseProblems = [
            if List.isEmpty (Expr.columns syntax.Response) then
                problem 0 "the response must name a column"
        ]

        let clauseProblems = [
            match weights with
            | _ :: (_, at) :: _ -> problem at "expected only one 'weights' clause"
            | _ -> ()

            if residuals.Length > 1 then
                LmmError.TwoResiduals
        ]

        match Algebra.meaning problem syntax.Sum, responseProblems @ clauseProblems with
        | Ok(fixedEffects, random), [] ->
            Ok {
                Response = syntax.Response
                Fixed = fixedEffects
                Random = random
                Residual = residuals |> List.tryHead |> Option.defaultValue ResidualTerm.Independent
                Weights = weights |> List.tryHead |> Option.map fst
            }
        | Ok _, problems -> Error problems
        | Error problems, _ -> Error(responseProblems @ problems @ clauseProblems)

    /// <summary>Reads a model from text.</summary>
    /// <param name="text">A formula; blanks and new lines mean nothing.</param>
    /// <returns>The model, or every problem found, each with its place in the text.</returns>
    /// <example><code>Formula.parse "Reaction ~ Days + (Days | Subject); weights = w"</code></example>
    let parse (text: string) : Result<LmmSpec, LmmError list> =
        let text = text.Trim()

        SyntaxParser.read SyntaxParser.formula text
        |> Result.bind (meaning text)
        |> Problems.told

    /// <summary>Reads a covariance of residuals, as it follows <c>residual =</c>: <c>us(visit | subject) per arm</c>.
    /// </summary>
    /// <param name="text">A structure; blanks and new lines mean nothing.</param>
    /// <returns>The covariance, or the problem with its place in the text.</returns>
    let parseResidual (text: string) : Result<ResidualTerm, LmmError list> =
        SyntaxParser.read SyntaxParser.loneResidual (text.Trim())

    /// <summary>Reads one expression: <c>log(dose + 1)</c>. Operators are arithmetic, as inside a call.</summary>
    /// <param name="text">An expression; blanks and new lines mean nothing.</param>
    /// <returns>The expression, or the problem with its place in the text.</returns>
    let parseExpression (text: string) : Result<Expr, LmmError list> =
        SyntaxParser.read SyntaxParser.loneExpression (text.Trim())

    /// <summary>A model as canonical text, which parses back to an equal model.</summary>
    /// <remarks>Equal is meant for every model that text can express; numbers that are negative or not finite, arithmetic
    /// outside of calls, and random terms without effects have no text of their own.</remarks>
    /// <example><code>"y ~ x + (x || g)" |> Formula.parse |> Result.map Formula.print // y ~ 1 + x + (1 + x || g)</code>
    /// </example>
    let print (spec: LmmSpec) : string = string spec
