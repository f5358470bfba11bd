namespace LmmFunctional.Dsl

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>The words of <c>lmm { }</c>.</summary>
/// <remarks>Terms are put together with <c>+</c> and <c>*</c>. Nothing is implied: an intercept is there when
/// <c>intercept</c> is written.</remarks>
[<AutoOpen>]
module Words =

    // A literal in the program is the programmer's own, so a bad one is an exception. It names no parameter: that would
    // stand behind the caret's words.
    let private valueOrRaise result =
        match result with
        | Ok value -> value
        | Error problems ->
            let words = problems |> List.map LmmError.describe
            raise (ArgumentException(String.Join(Environment.NewLine, words)))

    let private readExpression text =
        Formula.parseExpression text |> valueOrRaise

    let private ofVariable expr = Terms.ofList [ Term.ofExpr expr ]

    let private structured structure (random: RandomTerm) = { random with Structure = structure }

    // Terms

    /// <summary>The intercept: 1.</summary>
    /// <example><code>fixed' (intercept + col "days")</code></example>
    let intercept: Terms = Terms.ofList [ Term.intercept ]

    /// <summary>A column; the data decide whether it is numeric or categorical.</summary>
    /// <example><code>fixed' (intercept + col "days" * col "drug")</code></example>
    let col (name: string) : Terms = ofVariable (Expr.Column name)

    /// <summary>A column taken as categories, whatever its type: factor(name).</summary>
    /// <example><code>fixed' (intercept + factor "week")</code></example>
    let factor (name: string) : Terms =
        ofVariable (Expr.Call("factor", [ None, Expr.Column name ]))

    /// <summary>Only the interaction, without the main effects: a:b.</summary>
    /// <example><code>fixed' (intercept + col "dose" + interaction (col "dose") (col "sex"))</code></example>
    let interaction (a: Terms) (b: Terms) : Terms = Terms.interact a b

    /// <summary>A function of columns, written as in a formula; bare arithmetic is taken as inside I().</summary>
    /// <exception cref="T:System.ArgumentException">The text cannot be read.</exception>
    /// <example><code>fixed' (intercept + expression "log(dose)" + expression "days^2")</code></example>
    let expression (text: string) : Terms =
        match readExpression text with
        | Expr.Column _
        | Expr.Call _ as variable -> ofVariable variable
        | arithmetic -> ofVariable (Expr.Call("I", [ None, arithmetic ]))

    /// <summary>A column that is added to the mean with coefficient one.</summary>
    /// <example><code>fixed' (intercept + col "age" + offset "baseline")</code></example>
    let offset (name: string) : Terms = Terms.offset (Expr.Column name)

    // Random terms

    // Formula text cannot say these either.
    let private grouped (group: Term) (effects: Terms) : RandomTerm =
        let random = {
            Effects = effects
            Group = group
            Structure = Structure.Unstructured
            Relationship = None
            PerLevelOf = None
        }

        if List.isEmpty effects.Items then
            let words = LmmError.EmptyRandomTerm(TermText.deparseRandom random)
            raise (ArgumentException(LmmError.describe words))

        if not (List.isEmpty effects.Offsets) then
            raise (ArgumentException "A random term cannot hold an offset; add it to the fixed effects.")

        random

    /// <summary>Effects that vary over the levels of a grouping factor, correlated with each other.</summary>
    /// <exception cref="T:System.ArgumentException">There are no effects, or an offset among them.</exception>
    /// <example><code>random (intercept + col "days" |> by "subject")</code></example>
    let by (group: string) (effects: Terms) : RandomTerm =
        effects |> grouped (Term.ofExpr (Expr.Column group))

    /// <summary>Effects that vary over the combinations of several factors: a:b.</summary>
    /// <exception cref="T:System.ArgumentException">No factor is named, there are no effects, or an offset is among
    /// them.</exception>
    /// <example><code>random (intercept |> byInteraction [ "batch"; "cask" ])</code></example>
    let byInteraction (groups: string list) (effects: Terms) : RandomTerm =
        match groups |> List.map (Expr.Column >> Term.ofExpr) with
        | [] -> raise (ArgumentException("Name at least one grouping factor.", nameof groups))
        | factors -> effects |> grouped (List.reduce Term.interact factors)

    /// <summary>The random term with independent effects, each with its own variance: (x || g).</summary>
    /// <example><code>random (intercept + col "days" |> by "subject" |> uncorrelated)</code></example>
    let uncorrelated (random: RandomTerm) : RandomTerm = structured Structure.Diagonal random

    // Residuals

    /// <summary>Independent residuals with one variance, divided by the weights if there are any.</summary>
    /// <example><code>residual independent</code></example>
    let independent: ResidualTerm = ResidualTerm.Independent

    // Clauses

    /// <summary>The column to be explained.</summary>
    /// <example><code>response "reaction"</code></example>
    let response (name: string) : ResponseClause = ResponseClause(Expr.Column name)

    /// <summary>A function of columns to be explained, written as in a formula.</summary>
    /// <exception cref="T:System.ArgumentException">The text cannot be read or names no column.</exception>
    /// <example><code>responseExpression "log(yield)"</code></example>
    let responseExpression (text: string) : ResponseClause =
        let expr = readExpression text

        if List.isEmpty (Expr.columns expr) then
            raise (ArgumentException("The response must name a column.", nameof text))

        ResponseClause expr

    /// <summary>The fixed effects, exactly as written; several clauses add up.</summary>
    /// <example><code>fixed' (intercept + col "days")</code></example>
    let fixed' (terms: Terms) : FixedClause = FixedClause terms

    /// <summary>One random term; several clauses add up.</summary>
    /// <example><code>random (intercept |> by "subject")</code></example>
    let random (term: RandomTerm) : RandomClause = RandomClause term

    /// <summary>The covariance of the residuals; at most one clause.</summary>
    /// <example><code>residual independent</code></example>
    let residual (structure: ResidualTerm) : ResidualClause = ResidualClause structure

    /// <summary>The column of prior weights: Var(e_i) = σ²/w_i; at most one clause.</summary>
    /// <example><code>weights "n"</code></example>
    let weights (column: string) : WeightsClause = WeightsClause column

    /// <summary>A whole model as formula text; further clauses add to it.</summary>
    /// <exception cref="T:System.ArgumentException">The text cannot be read; the message shows where.</exception>
    /// <example><code>lmm { formula "reaction ~ days + (days | subject)" }</code></example>
    let formula (text: string) : FormulaClause =
        Formula.parse text |> valueOrRaise |> FormulaClause

    /// <summary>Builds a model from clauses in any order.</summary>
    /// <example><code>lmm {
    ///     response "reaction"
    ///     fixed' (intercept + col "days")
    ///     random (intercept + col "days" |> by "subject")
    /// }</code></example>
    let lmm = LmmBuilder()
