namespace LmmFunctional

open System
open System.Collections.Immutable
open LmmFunctional.Numerics
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>What kind of point a fit ended at.</summary>
[<RequireQualifiedAccess>]
type Verdict =
    /// An optimum inside the parameter space.
    | Optimum
    /// <summary>An optimum with these at their bound: variances or correlations in a singular fit, parameters at a bound they
    /// were given.</summary>
    /// <remarks>The bound is the highest rank that the model allows. A G of rank q by its own structure, fa0(q) for more than
    /// q effects, is singular without being at a bound; loadings of a lower rank than q are at one.</remarks>
    | BoundaryOptimum of names: string list
    /// The likelihood does not change along a direction of these parameters.
    | FlatDirection of names: string list
    /// No optimum was reached.
    | NotConverged of reason: string

/// <summary>The evidence that a fit is at an optimum: data, never a warning.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type Certificate = {
    Verdict: Verdict
    /// Largest absolute first derivative of −2 log likelihood over the free parameters, on the solver's scale.
    Gradient: float
    /// g'H⁻¹g in −2 log likelihood units: twice what the criterion may still fall.
    NewtonDecrement: float
    /// Eigenvalues, ascending, of the curvature in the free parameters, its diagonal scaled to one.
    Eigenvalues: ImmutableArray<float>
    /// The curvature that the eigenvalues are of.
    Information: Information
    /// Quantities at a bound with the derivative of −2 log likelihood by them; positive at an optimum.
    Multipliers: (string * float) list
    /// Bounds given to the fit that its estimates are at.
    BoundsInForce: BoundInForce list
    /// What was tried to find the lowest optimum.
    Search: StartSearch
    /// The error of what was sampled; None for an exact fit.
    MonteCarlo: MonteCarloError option
} with

    /// The smallest eigenvalue; None when no parameter is free.
    member certificate.MinEigenvalue =
        if certificate.Eigenvalues.IsEmpty then
            None
        else
            Some certificate.Eigenvalues[0]

    /// Whether a covariance matrix of random effects is singular: a variance of zero, a correlation at the end of its
    /// region. A bound that was given does not count, nor one of the residuals.
    member certificate.IsSingular =
        certificate.Multipliers
        |> List.exists (fun (name, _) ->
            not (name.StartsWith(NamedParameters.residualName + ".", StringComparison.Ordinal)))

    /// Whether an optimum was reached, inside or at a bound.
    member certificate.IsConverged =
        match certificate.Verdict with
        | Verdict.Optimum
        | Verdict.BoundaryOptimum _ -> true
        | Verdict.FlatDirection _
        | Verdict.NotConverged _ -> false

    member private this.Display =
        let names (own: string list) = Display.listed own

        let verdict =
            match this.Verdict with
            | Verdict.Optimum -> "optimum"
            | Verdict.BoundaryOptimum own -> $"optimum at a bound: {names own}"
            | Verdict.FlatDirection own -> $"flat direction: {names own}"
            | Verdict.NotConverged reason -> $"not converged, {reason}"

        let eigenvalue =
            match this.MinEigenvalue with
            | Some value -> $", smallest eigenvalue {Display.number value}"
            | None -> ""

        let sampled =
            this.MonteCarlo
            |> Option.map (fun error -> $"; {error}")
            |> Option.defaultValue ""

        $"{verdict}; gradient {Display.number this.Gradient}, Newton decrement {Display.number this.NewtonDecrement}{eigenvalue}{sampled}"

    /// The verdict and its evidence in one line.
    override this.ToString() = this.Display

/// <summary>Certificates.</summary>
[<RequireQualifiedAccess>]
module Certificate =

    // A negative eigenvalue this large is no rounding.
    let private saddle = -1e-4

    // Rounding of a criterion that hardly changes makes decrements up to this.
    let private unboundedDecrement = 1e-4

    /// A Newton decrement that leaves the criterion right to six decimals.
    let private decrementAllowed = 1e-6

    // Of a flat direction more than this is left only where the likelihood has no maximum.
    let private flatDecrement = 1e-3

    /// What the evidence says, the worst first.
    let private verdictOf
        natural
        (objective: Objective)
        (last: Iteration)
        (boundary: Boundary)
        (curvature: Matrix)
        (free: int[])
        (values: float[])
        vectors
        =
        let unbounded = EndBounds.unbounded objective last

        let growing = [
            for i in free do
                if objective.Unbounded[i] && last.Theta[i] > CurvatureCheck.infinite then
                    objective.Names[i]
        ]

        let onTheWay =
            if last.Decrement < unboundedDecrement && values.Length > 0 then
                CurvatureCheck.endless objective curvature free
            else
                None

        if not (Double.IsFinite last.Criterion) then
            Verdict.NotConverged "the likelihood is not defined at the starting values"
        elif not unbounded.IsEmpty then
            let names = String.concat ", " unbounded
            Verdict.NotConverged $"the likelihood has no maximum: it grows without limit towards the end of {names}"
        elif not growing.IsEmpty then
            let names = String.concat ", " growing
            Verdict.NotConverged $"the likelihood is highest where {names} is infinite; take a simpler structure"
        elif values.Length > 0 && values[0] < saddle then
            Verdict.NotConverged "the point is a saddle: the curvature has a negative direction"
        elif
            values.Length > 0
            && values[0] < CurvatureCheck.flat
            && last.Decrement > flatDecrement
        then
            Verdict.NotConverged
                "the likelihood still rises where it hardly curves, and may have no maximum; take a simpler structure"
        elif values.Length > 0 && values[0] < CurvatureCheck.flat then
            Verdict.FlatDirection(CurvatureCheck.flatNames objective natural curvature free values vectors)
        elif onTheWay.IsSome then
            Verdict.FlatDirection onTheWay.Value
        elif last.Decrement > decrementAllowed then
            match last.Progress with
            | Progress.Stalled -> Verdict.NotConverged "no step lowers the criterion"
            | Progress.Converged -> Verdict.NotConverged "the criterion no longer resolves the steps that are left"
            | _ -> Verdict.NotConverged $"stopped after step {last.Number}; more steps would lower the criterion"
        else
            match boundary.Active with
            | [] -> Verdict.Optimum
            | active when boundary.Escape.IsSome ->
                let names =
                    active
                    |> List.filter (fun (_, multiplier) -> multiplier < 0.0)
                    |> List.map fst
                    |> String.concat ", "

                Verdict.NotConverged $"the likelihood rises away from the bound of {names}"
            | active -> Verdict.BoundaryOptimum(List.map fst active)

    /// <summary>The certificate of the last iteration of a solver, with a map from directions of θ to those of the parameters
    /// that its names are of.</summary>
    /// <remarks>Takes one evaluation of the observed curvature, or uses the iteration's own where that costs much more.</remarks>
    let createIn (natural: float[] -> float[]) (objective: Objective) (last: Iteration) : Certificate =
        let boundary = objective.Boundary last.Theta

        let free = [|
            for i in 0 .. last.Theta.Length - 1 do
                if not boundary.Fixed[i] then
                    i
        |]

        let gradient =
            // None where the criterion is not defined.
            if Double.IsFinite last.Criterion then
                free |> Array.fold (fun largest i -> max largest (abs last.Gradient[i])) 0.0
            else
                infinity

        let information, curvature =
            if last.Theta.IsEmpty || last.Information = Information.Observed then
                Information.Observed, last.Curvature
            elif not objective.IsCurvatureAffordable then
                last.Information, last.Curvature
            else
                let evaluation =
                    objective.Evaluate last.Theta (Order.Curvature Information.Observed)

                if Double.IsFinite evaluation.Value then
                    Information.Observed, evaluation.Curvature
                else
                    last.Information, last.Curvature

        let struct (values, vectors) =
            if free.Length = 0 || curvature.Rows = 0 then
                struct ([||], [||])
            else
                CurvatureCheck.eigen curvature free

        let verdict =
            verdictOf natural objective last boundary curvature free values vectors

        {
            Verdict = verdict
            Gradient = gradient
            NewtonDecrement = last.Decrement
            Eigenvalues = ImmutableArray.CreateRange values
            Information = information
            Multipliers = boundary.Active
            BoundsInForce = []
            Search = StartSearch.single
            MonteCarlo = None
        }

    /// The same evidence of a fit that is also at bounds it was given.
    let internal withBounds (inForce: BoundInForce list) (certificate: Certificate) : Certificate =
        let names = inForce |> List.map string

        {
            certificate with
                BoundsInForce = inForce
                Verdict =
                    match certificate.Verdict with
                    | Verdict.Optimum when not names.IsEmpty -> Verdict.BoundaryOptimum names
                    | Verdict.BoundaryOptimum others -> Verdict.BoundaryOptimum(others @ names)
                    | verdict -> verdict
        }

    /// The same evidence of a fit that several starts have led to.
    let internal withSearch (search: StartSearch) (certificate: Certificate) : Certificate = {
        certificate with
            Search = search
    }

    /// <summary>The certificate of the last iteration of a solver.</summary>
    /// <remarks>Takes one evaluation of the observed curvature, or uses the iteration's own where that costs much more.</remarks>
    let create (objective: Objective) (last: Iteration) : Certificate = createIn id objective last
