namespace LmmFunctional

open System
open System.Diagnostics
open System.IO
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Saving

/// <summary>The front door: from a model and its data to a fit.</summary>
[<RequireQualifiedAccess>]
module Lmm =

    /// <summary>Fits a model to data.</summary>
    /// <returns>The fit with its certificate, or every problem found in the model and the data.</returns>
    /// <exception cref="T:System.ArgumentException">A number of iterations is below zero; a tolerance or a budget is not
    /// positive.</exception>
    /// <example><code lang="fsharp">
    /// Formula.parse "Reaction ~ Days + (Days | Subject)"
    /// |> Result.bind (Lmm.fit FitOptions.defaults frame)
    /// </code></example>
    /// <exception cref="T:System.OperationCanceledException">The fit was cancelled by its options.</exception>
    let fit (options: FitOptions) (frame: Frame) (spec: LmmSpec) : Result<Fit, LmmError list> =
        FitOptions.check options
        let started = Stopwatch.GetTimestamp()
        options.Cancellation.ThrowIfCancellationRequested()

        Design.buildWith options.Known spec frame
        |> Result.bind (FitSearch.ofDesign options started)
        |> Problems.told

    /// <summary>Fits a model written as a formula.</summary>
    /// <returns>The fit, or the problems of the formula, the model and the data.</returns>
    let fitFormula (options: FitOptions) (frame: Frame) (formula: string) : Result<Fit, LmmError list> =
        Formula.parse formula |> Result.bind (fit options frame)

    // Files

    let private atFile read =
        try
            read ()
        with
        | :? IOException
        | :? UnauthorizedAccessException
        | :? NotSupportedException
        | :? ArgumentException as problem -> Error problem.Message

    /// <summary>Saves a fit to a file, as JSON: formula, options, the columns of the data that the model uses, and the
    /// estimates.</summary>
    /// <param name="path">The file; one that is there is replaced once the new one is whole.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>Nothing; or: the file cannot be written, or the fit is a refit.</returns>
    let save (path: string) (fit: Fit) : Result<unit, LmmError list> =
        SavedModel.write fit
        |> Result.bind (fun text ->
            atFile (fun () ->
                let whole = path + ".new"
                File.WriteAllText(whole, text)
                File.Move(whole, path, true)
                Ok())
            |> Result.mapError (fun reason -> [ LmmError.UnwritableFile(path, reason.Replace(path + ".new", path)) ]))

    /// <summary>Loads a fit that <c>save</c> saved: the model is fitted to its data again, which gives the same bits on the same
    /// machine and version.</summary>
    /// <returns>The fit; or: there is no such file, it is no saved model, damaged, or of a later version, or the fit comes out
    /// otherwise.</returns>
    let load (path: string) : Result<Fit, LmmError list> =
        if not (File.Exists path) then
            Error [ LmmError.FileNotFound path ]
        else
            atFile (fun () -> Ok(File.ReadAllText path))
            |> Result.mapError (fun reason -> [ LmmError.UnreadableFile(path, reason) ])
            |> Result.bind (SavedModel.read path)
            |> Result.bind (fun saved ->
                fitFormula saved.Options saved.Data saved.Formula
                |> Result.bind (SavedModel.check path saved))

    // Plans and comparisons

    /// <summary>How a model would be fitted to data, and what that would cost; nothing is factored.</summary>
    /// <returns>The plan, or every problem found in the model and the data, too little memory among them.</returns>
    let plan (frame: Frame) (spec: LmmSpec) : Result<ModelPlan, LmmError list> =
        Design.build spec frame |> Result.bind ModelPlan.ofDesign |> Problems.told

    /// <summary>How a model with known matrices would be fitted to data.</summary>
    /// <returns>The plan, or every problem found, as <c>plan</c>.</returns>
    let planWith (known: Map<string, Relationship>) (frame: Frame) (spec: LmmSpec) : Result<ModelPlan, LmmError list> =
        Design.buildWith known spec frame |> Result.bind ModelPlan.ofDesign

    /// <summary>How a model would be fitted to data by options: known matrices and a budget in seconds count.</summary>
    /// <returns>The plan, or every problem found, as <c>plan</c>.</returns>
    /// <exception cref="T:System.ArgumentException">The budget is not positive.</exception>
    let planFor (options: FitOptions) (frame: Frame) (spec: LmmSpec) : Result<ModelPlan, LmmError list> =
        FitOptions.check options

        Design.buildWith options.Known spec frame
        |> Result.bind (ModelPlan.within options.Budget)

    /// A fit by what the options say of parameters that the model has, and the names that it does not have.
    let private fitByItsOwn (options: FitOptions) frame spec =
        let unknown problem =
            match problem with
            | LmmError.UnknownParameter(name, _) -> Some name
            | _ -> None

        let rec attempt missing =
            let own values =
                values |> Map.filter (fun name _ -> not (Set.contains name missing))

            let fitted =
                fit
                    {
                        options with
                            Held = own options.Held
                            Bounds = own options.Bounds
                            Start = own options.Start
                    }
                    frame
                    spec

            match fitted with
            | Ok _ -> fitted, missing
            | Error problems ->
                let names = problems |> List.choose unknown |> Set.ofList

                if names.IsSubsetOf missing then
                    fitted, missing
                else
                    attempt (Set.union missing names)

        attempt Set.empty

    /// <summary>Fits several models to the same data and compares them.</summary>
    /// <param name="options">Options of all fits; what they say of a covariance parameter is for the models that have it.</param>
    /// <param name="frame">The data.</param>
    /// <param name="specs">The models.</param>
    /// <returns>Criteria, weights and tests of nested neighbours; or the problems of all models, a covariance parameter that none
    /// of them has among them.</returns>
    /// <exception cref="T:System.ArgumentException">There is no model.</exception>
    let compare (options: FitOptions) (frame: Frame) (specs: LmmSpec list) : Result<ModelTable, LmmError list> =
        let fitted = specs |> List.map (fitByItsOwn options frame)

        let nowhere =
            match fitted with
            | [] -> []
            | _ -> fitted |> List.map snd |> Set.intersectMany |> Set.toList

        match nowhere, fitted |> List.map fst |> Problems.all with
        | [], fits -> fits |> Result.bind ModelComparison.table
        | names, fits ->
            let others =
                match fits with
                | Ok _ -> []
                | Error problems -> problems

            Error([ for name in names -> LmmError.UnknownParameter(name, None) ] @ others)

    // After the fit

    /// <summary>Predictions for the rows of a fit; with all effects their estimates are the fitted values.</summary>
    /// <param name="options">What is predicted, and how.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>One prediction for each row used, or: no such random term, no such degrees of freedom.</returns>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    let predict (options: PredictionOptions) (fit: Fit) : Result<Prediction list, LmmError list> =
        Predictions.ofFit options fit

    /// <summary>Predictions for new data.</summary>
    /// <param name="options">What is predicted, and how.</param>
    /// <param name="frame">The new data: the columns of the model, those of random terms only where their effects are included.
    /// </param>
    /// <param name="fit">The fit.</param>
    /// <returns>One prediction for each row, or every problem of the new data.</returns>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    let predictFrame (options: PredictionOptions) (frame: Frame) (fit: Fit) : Result<Prediction list, LmmError list> =
        Predictions.ofFrame options frame fit

    /// The random effects of every level with their standard deviations and reliabilities, term after term.
    let randomEffects (fit: Fit) : RandomEffects list = Fit.randomEffects fit

    /// <summary>Residuals of every kind and leverages, for every row used.</summary>
    /// <exception cref="T:System.ArgumentException">The fit is of sums of rows.</exception>
    /// <exception cref="T:System.InsufficientMemoryException">The fit is by iteration, and there is no room for a factor.
    /// </exception>
    let residuals (fit: Fit) : ResidualTable = ResidualTable.create fit

    /// <summary>What the estimates owe to each row or level.</summary>
    /// <returns>The measures of each unit, those without which there is no fit apart; or that there is no such factor.</returns>
    /// <exception cref="T:System.OperationCanceledException">The refits were cancelled.</exception>
    let influence (options: InfluenceOptions) (fit: Fit) : Result<InfluenceTable, LmmError list> =
        Influence.create options fit

    /// <summary>Scans rows or levels for outliers, by shifts of mean or variance.</summary>
    /// <returns>All units, the most conspicuous first; or what is wrong: no such factor or effect, no bootstrap for this
    /// model.</returns>
    /// <exception cref="T:System.ArgumentException">The adjustment is one of means, or the number of refits is negative.</exception>
    let outliers (model: OutlierModel) (fit: Fit) : Result<OutlierScan, LmmError list> = Outliers.scan model fit

    /// <summary>Checks a fit: normality, equal variances, correlation, collinearity, influence, outliers.</summary>
    /// <returns>Every check with its numbers; or that there is no such factor or column.</returns>
    /// <exception cref="T:System.ArgumentException">An option is out of its range.</exception>
    let check (options: CheckOptions) (fit: Fit) : Result<ModelCheck list, LmmError list> = Checks.run options fit

    // Simulation and refits

    /// <summary>Responses drawn from a fit, with new random effects: the same bits at any number of threads.</summary>
    /// <param name="seed">The same seed gives the same responses.</param>
    /// <param name="count">How many.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>A value for each row used; or that the blocks of dependent rows take too much memory.</returns>
    /// <exception cref="T:System.ArgumentException">The number is negative.</exception>
    let simulate (seed: int) (count: int) (fit: Fit) : Result<float[][], LmmError list> =
        Simulator.ofFit SimulatedEffects.New fit
        |> Result.map (Simulator.responses seed count)

    /// <summary>The same model fitted to another response of the same rows, from the optimum of the fit; lme4's <c>refit</c>.
    /// </summary>
    /// <param name="response">One value for each row used, on the scale of the model: log y where the formula has log(y). What
    /// <c>simulate</c> gives is such a response.</param>
    /// <param name="fit">The fit, whose bounds and fixed parameters are kept.</param>
    /// <returns>The fit; or that all values are equal, or that the fixed effects fit them exactly.</returns>
    /// <exception cref="T:System.ArgumentException">There is not one finite value for each row used.</exception>
    let refit (response: float[]) (fit: Fit) : Result<Fit, LmmError list> = Refit.ofUser response fit

    /// <summary>Fits a model to many responses, in their order and as they are asked for: what does not depend on the response is
    /// made once.</summary>
    /// <param name="options">Options of the fits and tests.</param>
    /// <param name="frame">The data without the responses.</param>
    /// <param name="spec">The model; its response is not looked at.</param>
    /// <param name="responses">Names and values, one for each row of the data; NaN where missing.</param>
    /// <returns>What is wrong with the model and its data, or lazily each response with its estimates or what is wrong with
    /// it.</returns>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1; an option of the solver is wrong.</exception>
    /// <exception cref="T:System.OperationCanceledException">The fits were cancelled; raised while results are read.</exception>
    let fitMany (options: FitManyOptions) (frame: Frame) (spec: LmmSpec) (responses: (string * float[]) seq) =
        FitMany.run options spec frame responses

    /// <summary>The power of a test on the data of a fit, by simulation.</summary>
    /// <param name="options">The test and the simulations.</param>
    /// <param name="effects">Coefficients that have other values than their estimates, by name.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>The power; or what is wrong with the effects or the test.</returns>
    /// <exception cref="T:System.ArgumentException">An option is out of its range.</exception>
    let power (options: PowerOptions) (effects: Map<string, float>) (fit: Fit) : Result<PowerEstimate, LmmError list> =
        Power.ofFit options effects fit

    /// <summary>The power at several sizes of the design of a fit.</summary>
    /// <param name="options">The test and the simulations at each size.</param>
    /// <param name="growth">How the design grows.</param>
    /// <param name="sizes">The numbers of levels, or of rows in each level.</param>
    /// <param name="effects">Coefficients that have other values than their estimates, by name.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>The power at each size, or what is wrong.</returns>
    /// <exception cref="T:System.ArgumentException">An option or a size is out of its range.</exception>
    let powerCurve
        (options: PowerOptions)
        (growth: DesignGrowth)
        (sizes: int list)
        (effects: Map<string, float>)
        (fit: Fit)
        =
        Power.curveOfFit options growth sizes effects fit
