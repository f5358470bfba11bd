namespace LmmFunctional.Analysis

open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>Structures of residuals in the words of nlme.</summary>
[<RequireQualifiedAccess>]
module internal NlmeResidual =

    let private correlationClass (part: ResidualCorrelation) within nugget : Result<string, string> =
        let along =
            match part.Along with
            | Coordinates.RowOrder -> "1"
            | Coordinates.Variables variables -> variables |> List.map ExprText.deparse |> String.concat " + "

        let form = $"form = ~ {along}{within}"

        // nlme counts lags by whole numbers, where the order of the levels is meant.
        let ordered =
            match part.Along with
            | Coordinates.RowOrder -> form
            | Coordinates.Variables _ -> $"form = ~ as.integer(factor({along})){within}"

        let withNugget = if nugget then ", nugget = TRUE" else ""

        match (Catalogue.modelOf part.Structure).NlmeResiduals with
        | Some own ->
            let form = if own.TakesOrder then ordered else form
            Ok $"{own.Class}({form}{own.Further}{withNugget})"
        | None -> Error $"nlme has no correlation {StructureText.name part.Structure} of residuals."

    let private varianceClass (own: VarianceFunction) =
        let covariate along =
            match along with
            | VarianceCovariate.Fitted -> "fitted(.)"
            | VarianceCovariate.Variable expr -> ExprText.deparse expr

        match own with
        | VarianceFunction.PerGroup expr -> $"varIdent(form = ~ 1 | {ExprText.deparse expr})"
        | VarianceFunction.Power along -> $"varPower(form = ~ {covariate along})"
        | VarianceFunction.Exponential along -> $"varExp(form = ~ {covariate along})"
        | VarianceFunction.ConstantPower along -> $"varConstPower(form = ~ {covariate along})"

    let arguments (structure: ResidualStructure) : Result<string, string list> =
        let within =
            match structure.Within with
            // Subjects by several factors are nested ones to nlme.
            | Some subject ->
                let factors = subject.Factors |> List.map ExprText.deparse |> String.concat "/"
                $" | {factors}"
            | None -> ""

        let correlation =
            match structure.Correlations with
            | [] -> Ok ""
            | [ only ] ->
                let hasNugget = structure.HasNugget

                if
                    hasNugget
                    && (match only.Structure with
                        | Structure.Spatial _ -> false
                        | _ -> true)
                then
                    Error "nlme has a nugget with spatial correlations only."
                else
                    correlationClass only within hasNugget
                    |> Result.map (fun own -> $", correlation = {own}")
            | _ -> Error "nlme has no products of correlations."

        let variances =
            match structure.Variances |> List.map varianceClass with
            | [] -> ""
            | [ only ] -> $", weights = {only}"
            | several ->
                let several = String.concat ", " several
                $", weights = varComb({several})"

        let perLevel =
            if structure.PerLevelOf.IsSome then
                [ "nlme has no correlation parameters for each level of a factor." ]
            else
                []

        match correlation, perLevel with
        | Ok own, [] -> Ok(own + variances)
        | Ok _, problems -> Error problems
        | Error problem, problems -> Error(problem :: problems)
