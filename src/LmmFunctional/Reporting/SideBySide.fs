namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Several models in one table: a column for each, a row for each parameter.</summary>
[<RequireQualifiedAccess>]
module SideBySide =

    let private digits = 4
    let private text value = NumberText.significant digits value

    /// The names of all models' rows, those of the first model first.
    let private union (names: string list list) = names |> List.concat |> List.distinct

    let private lookup name (values: (string * string) list) =
        values
        |> List.tryFind (fun (own, _) -> own = name)
        |> Option.map snd
        |> Option.defaultValue ""

    /// Estimate with its standard error.
    let private coefficients level (inference: Inference) =
        Inference.coefficients level inference
        |> List.map (fun own ->
            match NumberText.column digits [ own.Estimate; own.StandardError ] with
            | [ estimate; error ] -> own.Name, $"{estimate} ({error})"
            | _ -> own.Name, text own.Estimate)

    let private components (inference: Inference) = [
        for own in inference.Fit.VarianceComponents do
            match own.First, own.Second with
            | Some first, Some second ->
                $"cor({own.Group} {first}, {second})", NumberText.fixedPoint 3 own.StandardDeviation
            | Some first, None -> $"sd({own.Group} {first})", text own.StandardDeviation
            | None, _ -> "sigma", text own.StandardDeviation
    ]

    let private model (inference: Inference) = [
        let fit = inference.Fit
        let criteria = fit.InformationCriteria
        "Criterion", (if fit.Criterion = Criterion.Reml then "REML" else "ML")
        "Rows", string fit.Observations

        for group, levels in fit.Groups do
            $"Levels of {group}", string levels

        "Log likelihood", NumberText.fixedPoint 2 fit.LogLikelihood
        "AIC", NumberText.fixedPoint 1 criteria.Aic
        "BIC", NumberText.fixedPoint 1 criteria.Bic

        match RSquared.ofFit fit with
        | Ok shares ->
            "R² marginal", NumberText.fixedPoint 3 shares.Marginal
            "R² conditional", NumberText.fixedPoint 3 shares.Conditional
        | Error _ -> ()
    ]

    /// <summary>The models side by side: fixed effects with standard errors in brackets; standard deviations and correlations; rows,
    /// levels, criteria and R². Rows of blanks part the three.</summary>
    /// <param name="models">Names with fits made ready for tests.</param>
    /// <exception cref="T:System.ArgumentException">There is no model.</exception>
    let create (models: (string * Inference) list) : Table =
        if models.IsEmpty then
            invalidArg (nameof models) "A table of models needs at least one."

        let part (values: Inference -> (string * string) list) =
            let own = models |> List.map (snd >> values)
            let names = own |> List.map (List.map fst) |> union
            names |> List.map (fun name -> name :: (own |> List.map (lookup name)))

        let blank = [ List.replicate (models.Length + 1) "" ]

        Table.create
            (("", Alignment.Left)
             :: (models |> List.map (fun (name, _) -> name, Alignment.Right)))
            (part (coefficients 0.95) @ blank @ part components @ blank @ part model)
