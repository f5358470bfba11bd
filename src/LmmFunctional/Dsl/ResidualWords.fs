namespace LmmFunctional.Dsl

open System
open LmmFunctional.Model

/// <summary>The words that make a structure the covariance of residuals or of a random term in <c>lmm { }</c>.</summary>
[<AutoOpen>]
module ResidualWords =

    // Subjects

    /// <summary>The structure within each subject; residuals of different subjects are independent.</summary>
    /// <example><code>residual (ar1 "week" |> within "subject")</code></example>
    let within (subject: string) (structure: StructuredAlong) : ResidualTerm =
        structure |> StructuredAlong.within (Some(Term.ofExpr (Expr.Column subject)))

    /// <summary>The structure within each combination of several factors: a:b.</summary>
    /// <exception cref="T:System.ArgumentException">No factor is named.</exception>
    let withinInteraction (subjects: string list) (structure: StructuredAlong) : ResidualTerm =
        match subjects |> List.map (Expr.Column >> Term.ofExpr) with
        | [] -> raise (ArgumentException("Name at least one factor.", nameof subjects))
        | factors -> structure |> StructuredAlong.within (Some(List.reduce Term.interact factors))

    /// <summary>The structure over all rows, which are one subject.</summary>
    /// <example><code>residual (spatialGaussian [ "latitude"; "longitude" ] |> overAllRows)</code></example>
    let overAllRows (structure: StructuredAlong) : ResidualTerm =
        structure |> StructuredAlong.within None

    // Residuals that are structured already

    let private onStructure change residual =
        match residual with
        | ResidualTerm.Structured structure -> ResidualTerm.Structured(change structure)
        | ResidualTerm.Independent ->
            ResidualTerm.Structured(
                change {
                    Correlations = []
                    Within = None
                    Variances = []
                    HasNugget = false
                    PerLevelOf = None
                }
            )

    /// <summary>Parameters of their own for each level of a factor.</summary>
    /// <exception cref="T:System.ArgumentException">The residuals are independent: write varIdent for a variance for each
    /// level.</exception>
    /// <example><code>residual (unstructured "visit" |> within "subject" |> perLevelOf "arm")</code></example>
    let perLevelOf (group: string) (residual: ResidualTerm) : ResidualTerm =
        match residual with
        | ResidualTerm.Independent ->
            raise (
                ArgumentException
                    "Independent residuals have one variance; write independent |> withVariance (varIdent \"group\")."
            )
        | ResidualTerm.Structured structure ->
            ResidualTerm.Structured {
                structure with
                    PerLevelOf = Some(Expr.Column group)
            }

    /// <summary>The residuals with a factor of their standard deviation; several multiply.</summary>
    /// <example><code>residual (independent |> withVariance (varIdent "Sex"))</code></example>
    let withVariance (variance: VarianceFunction) (residual: ResidualTerm) : ResidualTerm =
        residual
        |> onStructure (fun structure -> {
            structure with
                Variances = structure.Variances @ [ variance ]
        })

    let private ofColumn make (column: string) : VarianceFunction =
        make (VarianceCovariate.Variable(Expr.Column column))

    /// <summary>Standard deviation δ_g for each level of a factor, 1 for the first: <c>ident</c>.</summary>
    let varIdent (group: string) : VarianceFunction =
        VarianceFunction.PerGroup(Expr.Column group)

    /// <summary>Standard deviation |v|^δ: <c>varpower</c>.</summary>
    /// <example><code>residual (ar1 "t" |> within "s" |> withVariance (varPower "pressure"))</code></example>
    let varPower: string -> VarianceFunction = ofColumn VarianceFunction.Power

    /// <summary>Standard deviation e^(δv): <c>varexp</c>.</summary>
    let varExp: string -> VarianceFunction = ofColumn VarianceFunction.Exponential

    /// <summary>Standard deviation δ₁ + |v|^δ₂: <c>varconstpower</c>.</summary>
    let varConstPower: string -> VarianceFunction =
        ofColumn VarianceFunction.ConstantPower

    /// <summary>|v|^δ of the fitted values: <c>varpower(fitted())</c>.</summary>
    let varPowerOfFitted: VarianceFunction =
        VarianceFunction.Power VarianceCovariate.Fitted

    /// <summary>e^(δv) of the fitted values: <c>varexp(fitted())</c>.</summary>
    let varExpOfFitted: VarianceFunction =
        VarianceFunction.Exponential VarianceCovariate.Fitted

    /// <summary>δ₁ + |v|^δ₂ of the fitted values: <c>varconstpower(fitted())</c>.</summary>
    let varConstPowerOfFitted: VarianceFunction =
        VarianceFunction.ConstantPower VarianceCovariate.Fitted

    // Random terms

    /// <summary>The random term with the structure of a word.</summary>
    /// <example><code>random (factor "visit" |> by "subject" |> structured ar1)</code></example>
    let structured (structure: string -> StructuredAlong) (random: RandomTerm) : RandomTerm = {
        random with
            Structure = (List.head (structure "").Correlations).Structure
    }

    /// <summary>Effects for each cell of a crossing, their covariance the Kronecker product of a structure along each
    /// column: <c>kron(us(0 + trait), ar1(0 + visit) | g)</c>.</summary>
    /// <exception cref="T:System.ArgumentException">There are fewer than two parts, or one is no structure of one column.
    /// </exception>
    /// <example><code>random ([ unstructured "trait"; ar1 "visit" ] |> productBy "subject")</code></example>
    let productBy (group: string) (parts: StructuredAlong list) : RandomTerm =
        let product = kronecker parts

        let variable (part: ResidualCorrelation) =
            match part.Along with
            | Coordinates.Variables [ variable ] -> variable
            | _ -> raise (ArgumentException("Each part runs along one column.", nameof parts))

        {
            Effects =
                Terms.ofList [
                    {
                        Factors = product.Correlations |> List.map variable
                    }
                ]
            Group = Term.ofExpr (Expr.Column group)
            Structure =
                product.Correlations
                |> List.map _.Structure
                |> List.reduce (fun first second -> Structure.Kronecker(first, second))
            Relationship = None
            PerLevelOf = None
        }

    /// <summary>The random term with levels related by a known matrix: <c>known(A | animal)</c>.</summary>
    /// <param name="matrix">The name under which the matrix is given to the fit.</param>
    /// <param name="random">The term.</param>
    /// <example><code>random (intercept |> by "animal" |> relatedBy "A")</code></example>
    let relatedBy (matrix: string) (random: RandomTerm) : RandomTerm = {
        random with
            Relationship = Some matrix
    }

    /// <summary>The random term with parameters of its own for each level of a factor: <c>(1 | g per arm)</c>.</summary>
    /// <example><code>random (intercept |> by "subject" |> separatelyFor "arm")</code></example>
    let separatelyFor (group: string) (random: RandomTerm) : RandomTerm = {
        random with
            PerLevelOf = Some(Expr.Column group)
    }
