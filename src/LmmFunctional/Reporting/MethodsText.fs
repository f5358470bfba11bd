namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>The sentences for the methods section of a paper.</summary>
[<RequireQualifiedAccess>]
module MethodsText =

    let private listed (words: string list) =
        match words with
        | [] -> ""
        | [ only ] -> only
        | [ first; second ] -> $"{first} and {second}"
        | _ ->
            let last = List.last words
            let others = words |> List.take (words.Length - 1) |> String.concat ", "
            $"{others}, and {last}"

    let private term (own: Term) =
        own.Factors |> List.map ExprText.deparse |> String.concat " × "

    let private fixedWords (spec: LmmSpec) =
        match spec.Fixed.Items |> List.filter (fun own -> not own.Factors.IsEmpty) with
        | [] when spec.Fixed.HasIntercept -> "an intercept"
        | [] -> "no fixed effects"
        | terms -> "fixed effects of " + listed (terms |> List.map term)

    let private structureWords (structure: Structure) =
        (StructureCatalogue.ofStructure structure).Title

    let private randomWords (own: RandomTerm) =
        let group = term own.Group

        let slopes =
            own.Effects.Items |> List.filter (fun effect -> not effect.Factors.IsEmpty)

        let effects =
            match own.Effects.HasIntercept, slopes with
            | true, [] -> "random intercepts"
            | true, slopes -> "random intercepts and effects of " + listed (slopes |> List.map term)
            | false, slopes -> "random effects of " + listed (slopes |> List.map term)

        let before, after =
            match own.Structure with
            | _ when slopes.IsEmpty -> "", ""
            | Structure.Unstructured -> "correlated ", ""
            | Structure.Diagonal -> "uncorrelated ", ""
            | structure -> "", $" ({structureWords structure} covariance)"

        let known =
            match own.Relationship with
            | Some matrix -> $" with levels related by {matrix}"
            | None -> ""

        $"{before}{effects}{after} for {group}{known}"

    let private residualWords (spec: LmmSpec) =
        match spec.Residual with
        | ResidualTerm.Independent ->
            match spec.Weights with
            | Some weight -> [ $"residual variances inversely proportional to {weight}" ]
            | None -> []
        | ResidualTerm.Structured structure ->
            let within =
                match structure.Within with
                | Some subject -> $" within {term subject}"
                | None -> ""

            [
                match structure.Correlations with
                | [] -> ()
                | parts ->
                    let words =
                        parts
                        |> List.map (fun part -> structureWords part.Structure)
                        |> String.concat " by "

                    $"residuals with {words} covariance{within}"
                for own in structure.Variances do
                    $"residual variances by {ResidualText.variance own}"
            ]

    let private methodWords (method: DegreesOfFreedomMethod) =
        match method with
        | DegreesOfFreedomMethod.Asymptotic -> "Tests of fixed effects are asymptotic (z and χ²)"
        | DegreesOfFreedomMethod.Residual -> "Tests of fixed effects have residual degrees of freedom"
        | DegreesOfFreedomMethod.Containment -> "Tests of fixed effects have degrees of freedom by containment"
        | DegreesOfFreedomMethod.BetweenWithin -> "Tests of fixed effects have between-within degrees of freedom"
        | DegreesOfFreedomMethod.Satterthwaite _ -> "Tests of fixed effects have Satterthwaite's degrees of freedom"
        | DegreesOfFreedomMethod.KenwardRoger _ ->
            "Tests of fixed effects have Kenward and Roger's adjusted covariance and degrees of freedom"

    let private version =
        typeof<Fit>.Assembly.GetName().Version
        |> Option.ofObj
        |> Option.map (fun own -> $" {own.Major}.{own.Minor}.{own.Build}")
        |> Option.defaultValue ""

    /// <summary>What was fitted, to what, how, and how it was tested, in three sentences.</summary>
    let ofInference (inference: Inference) : string =
        let fit = inference.Fit
        let spec = ForeignModel.spec fit

        let groups =
            fit.Groups |> List.map (fun (group, levels) -> $"{levels} levels of {group}")

        let observations = Plural.count fit.Observations "observation"

        let size =
            match groups with
            | [] -> observations
            | _ ->
                let groups = listed groups
                $"{observations} ({groups})"

        let criterion =
            match fit.Criterion with
            | Criterion.Reml -> "restricted maximum likelihood (REML)"
            | Criterion.Ml -> "maximum likelihood (ML)"

        let parts =
            fixedWords spec :: (spec.Random |> List.map randomWords) @ residualWords spec
            |> listed

        let kind =
            if spec.Random.IsEmpty then
                "linear model"
            else
                "linear mixed model"

        $"We fitted a {kind} for {ExprText.deparse spec.Response} to {size} by {criterion}, with {parts}. "
        + $"{methodWords inference.Method}. "
        + $"Computations were done with LmmFunctional{version}; the formula is {Formula.print fit.Spec}."
