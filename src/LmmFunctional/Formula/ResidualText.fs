namespace LmmFunctional.Language

open LmmFunctional.Model

/// <summary>Covariances of residuals as formula text: what follows <c>residual =</c>.</summary>
[<RequireQualifiedAccess>]
module ResidualText =

    let private variable expr = TermText.deparse (Term.ofExpr expr)

    /// <summary>Coordinates as text: <c>latitude + longitude</c>, or <c>1</c> for the order of the rows.</summary>
    let coordinates along : string =
        match along with
        | Coordinates.RowOrder -> "1"
        | Coordinates.Variables variables -> variables |> List.map variable |> String.concat " + "

    let private correlation (part: ResidualCorrelation) inside =
        $"{StructureText.name part.Structure}({coordinates part.Along}{inside})"

    let private covariate along =
        match along with
        | VarianceCovariate.Variable expr -> variable expr
        | VarianceCovariate.Fitted -> "fitted()"

    /// <summary>A variance function as text: <c>varpower(pressure)</c>.</summary>
    let variance factor : string =
        match factor with
        | VarianceFunction.PerGroup group -> $"ident({variable group})"
        | VarianceFunction.Power along -> $"varpower({covariate along})"
        | VarianceFunction.Exponential along -> $"varexp({covariate along})"
        | VarianceFunction.ConstantPower along -> $"varconstpower({covariate along})"

    /// <summary>The correlation alone: <c>kron(ar1(row), ar1(col) | site)</c>; empty when there is none.</summary>
    let correlations (structure: ResidualStructure) : string =
        let subject =
            match structure.Within with
            | Some subject -> $" | {TermText.deparse subject}"
            | None -> ""

        match structure.Correlations with
        | [] -> ""
        | [ only ] -> correlation only subject
        | parts ->
            let parts =
                parts |> List.map (fun part -> correlation part "") |> String.concat ", "

            $"kron({parts}{subject})"

    /// <summary>A structure in canonical form: <c>ar1(week | subject) * varpower(dose) + nugget per arm</c>.</summary>
    let deparseStructure (structure: ResidualStructure) : string =
        let product =
            correlations structure :: (structure.Variances |> List.map variance)
            |> List.filter ((<>) "")
            |> String.concat " * "

        let nugget = if structure.HasNugget then " + nugget" else ""

        let perLevel =
            match structure.PerLevelOf with
            | Some group -> $" per {variable group}"
            | None -> ""

        product + nugget + perLevel

    /// <summary>A covariance of residuals in canonical form.</summary>
    /// <example><code>ResidualText.deparse ResidualTerm.Independent // "independent"</code></example>
    let deparse residual : string =
        match residual with
        | ResidualTerm.Independent -> "independent"
        | ResidualTerm.Structured structure -> deparseStructure structure
