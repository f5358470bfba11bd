namespace LmmFunctional.Analysis

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>Fits beside a fit: with another criterion, a fixed coefficient, an effect less, or another response.</summary>
[<RequireQualifiedAccess>]
module internal Refit =

    /// The last iteration of an objective from a start.
    let minimise (objective: Objective) (start: ImmutableArray<float>) : Iteration =
        Solver.iterations SolverOptions.defaults { objective with Start = start }
        |> Seq.last

    /// The fit from a start and those of the likelihood.
    let private fitOf (likelihood: LogLikelihood) start =
        let objective = likelihood.Objective

        let descend start =
            Solver.iterations SolverOptions.defaults { objective with Start = start }
            |> List.ofSeq

        let fitAt = Fit.remembering likelihood

        let path, search =
            StartSearch.run (Fit.isEndBy fitAt likelihood) descend { objective with Start = start }

        let fit = fitAt (List.last path)

        {
            fit with
                Evidence = Certificate.withSearch search fit.Evidence
        }

    /// θ at the optimum of a fit, on the inner scale.
    let thetaOf (fit: Fit) = (List.last fit.Path).Theta

    /// The fit of another likelihood of the same parameters, started at the optimum of the first and with its bounds.
    let private again (fit: Fit) (likelihood: Result<LogLikelihood, LmmError list>) : Result<Fit, LmmError list> =
        if fit.Limits.IsEmpty then
            likelihood |> Result.map (fun likelihood -> fitOf likelihood (thetaOf fit))
        else
            // Bounds in force may not be so for the other likelihood.
            let bounded =
                fit.Limits
                |> Map.keys
                |> Seq.map (ParameterNames.canonical fit.Model.Parameters)
                |> Set.ofSeq

            let known =
                fit.Model.Held.Known |> Map.filter (fun name _ -> not (bounded.Contains name))

            let point = LogLikelihood.pointAt fit.Model (thetaOf fit)

            let solve (likelihood: LogLikelihood) =
                fitOf likelihood likelihood.Objective.Start

            likelihood
            |> Result.bind (LogLikelihood.holding known)
            |> Result.map (LogLikelihood.startingAlsoFrom point)
            |> Result.bind (BoundedFit.search fit.Limits solve)

    /// The same model by another criterion; the fit itself when that is its own.
    let withCriterion criterion (fit: Fit) : Result<Fit, LmmError list> =
        if fit.Criterion = criterion then
            Ok fit
        else
            DerivedLikelihood.withCriterion criterion fit.Model |> again fit

    /// A design fitted from its own starting values.
    let ofDesign criterion (design: Design) : Result<Fit, LmmError list> =
        LogLikelihood.create criterion design
        |> Result.map (fun likelihood -> fitOf likelihood likelihood.Objective.Start)

    /// The same model for another response, started at the optimum of the first.
    let withResponse (response: float[]) (fit: Fit) : Result<Fit, LmmError list> =
        DerivedLikelihood.withResponse response fit.Model |> again fit

    /// <summary>The same for a response that a user gives.</summary>
    /// <exception cref="T:System.ArgumentException">There is not one finite value for each row used, or the fit is of sums of
    /// rows.</exception>
    let ofUser (response: float[]) (fit: Fit) : Result<Fit, LmmError list> =
        Design.guardRows "Refits" fit.Design

        if response.Length <> fit.Observations then
            invalidArg
                (nameof response)
                $"A response of this fit has {fit.Observations} values, one for each row used, not {response.Length}."

        Guard.finite (nameof response) "A value of a response" response

        if fit.Design.Offset.IsNone && response |> Array.forall ((=) response[0]) then
            Error [ LmmError.ConstantResponse(ExprText.deparse fit.Spec.Response) ]
        else
            withResponse (Array.copy response) fit

    // Fixed effects

    let private addOffset (extra: float[]) (design: Design) =
        match design.Offset with
        | Some offset -> Some(Array.map2 (+) offset extra)
        | None -> Some extra

    /// <summary>The design with Σ L_k β_k = value imposed: the column with the largest weight is expressed by the others and by an
    /// offset, and leaves X with p − 1 columns.</summary>
    let withContrast (weights: float[]) (value: float) (design: Design) : Design =
        let x = design.Fixed.Matrix
        let n = x.Rows
        let pivot = [| 0 .. weights.Length - 1 |] |> Array.maxBy (fun k -> abs weights[k])
        let kept = [| 0 .. weights.Length - 1 |] |> Array.filter ((<>) pivot)

        let values =
            kept
            |> Array.collect (fun k ->
                let share = weights[k] / weights[pivot]

                if share = 0.0 then
                    x.Column k
                else
                    Array.map2 (fun own other -> own - share * other) (x.Column k) (x.Column pivot))

        // X a = 1 is in the span of what is left when a satisfies the contrast with value zero.
        let constant =
            design.Fixed.Constant
            |> Option.filter (fun a -> Seq.exists2 (fun w v -> w * v <> 0.0) weights a |> not)
            |> Option.map (fun a -> kept |> Seq.map (fun k -> a[k]) |> ImmutableArray.CreateRange)

        {
            design with
                Offset = addOffset (x.Column pivot |> Array.map (fun v -> v * value / weights[pivot])) design
                Fixed = {
                    design.Fixed with
                        Matrix = Matrix(n, kept.Length, values)
                        Names = kept |> Array.map (fun k -> design.Fixed.Names[k]) |> ImmutableArray.CreateRange
                        Constant = constant
                }
        }

    // Random effects

    let private withoutAt at (items: 'item seq) =
        items |> Seq.indexed |> Seq.filter (fun (i, _) -> i <> at) |> Seq.map snd

    /// The design without one effect of one random term; a term without effects is left out.
    let withoutEffect term effect (design: Design) : Design =
        let reduced (random: RandomDesign) = {
            random with
                Names = ImmutableArray.CreateRange(withoutAt effect random.Names)
                Columns = Array.ofSeq (withoutAt effect random.Columns)
                InterceptAt =
                    match random.InterceptAt with
                    | Some at when at = effect -> None
                    | Some at when at > effect -> Some(at - 1)
                    | at -> at
        }

        {
            design with
                Random =
                    design.Random
                    |> List.mapi (fun t random ->
                        if t <> term then Some random
                        elif random.Names.Length = 1 then None
                        else Some(reduced random))
                    |> List.choose id
        }

    /// <summary>The fit without one effect of one random term, by the same criterion: what is held or bounded stays so, as far as
    /// the smaller model has it.</summary>
    let withoutEffectOf term effect (fit: Fit) : Result<Fit, LmmError list> =
        LogLikelihood.create fit.Criterion (withoutEffect term effect fit.Design)
        |> Result.bind (fun free ->
            let own values =
                values
                |> Map.filter (fun name _ -> ParameterNames.find free.Parameters name |> Result.isOk)

            let limits = own fit.Limits

            let bounded =
                limits
                |> Map.keys
                |> Seq.map (ParameterNames.canonical free.Parameters)
                |> Set.ofSeq

            let known =
                own fit.Model.Held.Known
                |> Map.filter (fun name _ -> not (bounded.Contains name))

            let solve (likelihood: LogLikelihood) =
                fitOf likelihood likelihood.Objective.Start

            LogLikelihood.holding known free
            |> Result.bind (fun likelihood ->
                if limits.IsEmpty then
                    Ok(solve likelihood)
                else
                    BoundedFit.search limits solve likelihood))
