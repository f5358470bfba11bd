namespace LmmFunctional.Analysis

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>The power of tests of fixed effects by simulation: with given parameters, or those of a fit.</summary>
[<RequireQualifiedAccess>]
module Power =

    let private ofGiven (options: PowerOptions) size parameters spec frame =
        NoiseDesign.build options.Fit.Known spec frame (fun _ -> false)
        |> Result.bind (fun design ->
            Simulator.ofDesign parameters design
            |> Result.bind (PowerSimulation.onDesign options size design))

    /// All sizes, or the problems of the first that has some.
    let private overSizes sizes (estimate: int -> Result<PowerEstimate, LmmError list>) =
        (Ok [], sizes)
        ||> List.fold (fun found size ->
            found
            |> Result.bind (fun before -> estimate size |> Result.map (fun own -> before @ [ own ])))
        |> Problems.told

    /// <summary>The power of a test on a data set with given parameters.</summary>
    /// <param name="options">The test and the simulations.</param>
    /// <param name="parameters">A value for every fixed effect and every covariance parameter.</param>
    /// <param name="spec">The model; its response is not looked at.</param>
    /// <param name="frame">The data without a response.</param>
    /// <returns>The power; or all that is wrong with the model, the data, the parameters or the test.</returns>
    /// <exception cref="T:System.ArgumentException">An option is out of its range.</exception>
    /// <exception cref="T:System.OperationCanceledException">The analysis was cancelled.</exception>
    let ofParameters
        (options: PowerOptions)
        (parameters: SimulationParameters)
        (spec: LmmSpec)
        (frame: Frame)
        : Result<PowerEstimate, LmmError list> =
        PowerOptions.check options
        ofGiven options None parameters spec frame |> Problems.told

    /// <summary>The power at several sizes of the design.</summary>
    /// <param name="options">The test and the simulations at each size.</param>
    /// <param name="growth">How the design grows.</param>
    /// <param name="sizes">The numbers of levels, or of rows in each level.</param>
    /// <param name="parameters">A value for every fixed effect and every covariance parameter.</param>
    /// <param name="spec">The model; its response is not looked at.</param>
    /// <param name="frame">The data that the designs are made of.</param>
    /// <returns>The power at each size, or what is wrong.</returns>
    /// <exception cref="T:System.ArgumentException">An option or a size is out of its range.</exception>
    /// <exception cref="T:System.OperationCanceledException">The analysis was cancelled.</exception>
    let curve
        (options: PowerOptions)
        (growth: DesignGrowth)
        (sizes: int list)
        (parameters: SimulationParameters)
        (spec: LmmSpec)
        (frame: Frame)
        : Result<PowerEstimate list, LmmError list> =
        PowerOptions.check options

        overSizes sizes (fun size ->
            DesignGrowth.apply growth size spec frame
            |> Result.bind (ofGiven options (Some size) parameters spec))

    // A fit's own parameters

    /// The fit with other values of some coefficients.
    let private withEffects (effects: Map<string, float>) (fit: Fit) : Result<Fit, LmmError list> =
        let names = List.ofSeq fit.Design.Fixed.Names

        match
            Map.keys effects
            |> Seq.filter (fun name -> not (List.contains name names))
            |> List.ofSeq
        with
        | [] ->
            let beta =
                names
                |> Seq.mapi (fun i name -> effects.TryFind name |> Option.defaultValue fit.Inner.Beta[i])
                |> Array.ofSeq

            Ok {
                fit with
                    Inner = { fit.Inner with Beta = beta }
            }
        | unknown ->
            Error [
                for name in unknown -> LmmError.UnknownCoefficient(name, Nearest.suggest names name)
            ]

    /// The options with the criterion of a fit, what it held, and its matrices.
    let private optionsOf (options: PowerOptions) (fit: Fit) = {
        options with
            Fit = {
                options.Fit with
                    Criterion = fit.Criterion
                    Known =
                        Map.ofList [
                            for term in fit.Design.Random do
                                match term.Term.Relationship, term.Relationship with
                                | Some name, Some relationship -> name, relationship
                                | _ -> ()
                        ]
            }
    }

    /// <summary>The power of a test on the data of a fit, with its estimates for parameters.</summary>
    /// <param name="options">The test and the simulations; the criterion and the known matrices are those of the fit.</param>
    /// <param name="effects">Coefficients that have other values than their estimates, by name.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>The power; or what is wrong with the effects or the test.</returns>
    /// <exception cref="T:System.ArgumentException">An option is out of its range.</exception>
    /// <exception cref="T:System.OperationCanceledException">The analysis was cancelled.</exception>
    let ofFit (options: PowerOptions) (effects: Map<string, float>) (fit: Fit) : Result<PowerEstimate, LmmError list> =
        PowerOptions.check options

        withEffects effects fit
        |> Result.bind (fun fit ->
            Simulator.ofFit SimulatedEffects.New fit
            |> Result.bind (PowerSimulation.onDesign (optionsOf options fit) None fit.Design))
        |> Problems.told

    /// <summary>The power at several sizes of the design of a fit.</summary>
    /// <param name="options">The test and the simulations at each size.</param>
    /// <param name="growth">How the design grows.</param>
    /// <param name="sizes">The numbers of levels, or of rows in each level.</param>
    /// <param name="effects">Coefficients that have other values than their estimates, by name.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>The power at each size, or what is wrong.</returns>
    /// <exception cref="T:System.ArgumentException">An option or a size is out of its range.</exception>
    /// <exception cref="T:System.OperationCanceledException">The analysis was cancelled.</exception>
    let curveOfFit
        (options: PowerOptions)
        (growth: DesignGrowth)
        (sizes: int list)
        (effects: Map<string, float>)
        (fit: Fit)
        : Result<PowerEstimate list, LmmError list> =
        PowerOptions.check options
        let rows = fit.Design.Rows
        let frame = fit.Design.Schema.Frame

        Problems.both (withEffects effects fit) (Frame.filter (fun row -> Array.BinarySearch(rows, row) >= 0) frame)
        |> Result.bind (fun (fit, frame) ->
            let options = optionsOf options fit

            overSizes sizes (fun size ->
                DesignGrowth.apply growth size fit.Spec frame
                |> Result.bind (fun grown ->
                    Problems.both
                        (NoiseDesign.build options.Fit.Known fit.Spec grown (fun _ -> false))
                        (Simulator.onFrame SimulatedEffects.New grown fit))
                |> Result.bind (fun (design, simulator) ->
                    PowerSimulation.onDesign options (Some size) design simulator)))
