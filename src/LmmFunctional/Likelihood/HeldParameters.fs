namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>A coordinate of θ that is not estimated.</summary>
[<Struct>]
type internal HeldEntry = {
    /// Its value, or its value times σ.
    Value: float
    /// Whether the value is one times σ: of a standard deviation of random effects.
    IsScaled: bool
}

/// <summary>All of θ and, where it is not profiled out, σ² on the inner scale.</summary>
[<NoComparison; ReferenceEquality>]
type internal ParameterPoint = {
    Theta: ImmutableArray<float>
    Variance: float option
}

/// <summary>Covariance parameters that are known and not estimated, on the inner scale.</summary>
/// <remarks>A variance of random effects is σ²θ². Where it is held and σ² is not, θ follows σ: then log σ² is a coordinate
/// of its own, the last one, and nothing is profiled out but β.</remarks>
[<NoComparison; ReferenceEquality>]
type internal HeldParameters = {
    /// As they were named and valued.
    Known: Map<string, float>
    /// σ², where it is known.
    Residual: float option
    /// Places in θ with the values they are held at.
    Entries: Map<int, HeldEntry>
} with

    /// Whether nothing is held.
    member held.IsEmpty = held.Residual.IsNone && held.Entries.IsEmpty

    /// Whether log σ² is a coordinate.
    member held.HasScale =
        held.Residual.IsNone
        && held.Entries |> Map.exists (fun _ entry -> entry.IsScaled)

    /// Whether σ² is profiled out.
    member held.IsProfiled = held.Residual.IsNone && not held.HasScale

    /// The places, of k in all, that are estimated.
    member held.Free count = [|
        for k in 0 .. count - 1 do
            if not (held.Entries.ContainsKey k) then
                k
    |]

[<RequireQualifiedAccess>]
module internal HeldParameters =

    /// Nothing is known.
    let none = {
        Known = Map.empty
        Residual = None
        Entries = Map.empty
    }

    /// What is known in the limit of no residual variance: σ² is the unit of the variances, and the residual one is zero.
    let limit = {
        none with
            Known = Map [ NamedParameters.residualName, 0.0 ]
            Residual = Some 1.0
    }

    let private outside blocks name value =
        match ParameterNames.find blocks name with
        | Error problems -> problems
        | Ok place ->
            let low, high = ParameterNames.regionOf place

            if Double.IsFinite value && value > low && value < high then
                []
            else
                [ LmmError.ParameterOutside(name, value, low, high) ]

    /// The coordinates of one term's parameters, values being those at σ = 1.
    let private ofBlock (block: NamedParameters) (values: (int * float) list) =
        let supports = NamedParameters.supports block
        let held = values |> List.map fst
        let places = held |> List.map (fun index -> supports[index]) |> Set.unionMany

        if places.Count > held.Length then
            let missing = [
                for index in 0 .. block.Count - 1 do
                    if not (List.contains index held) && supports[index].IsSubsetOf places then
                        block.Names[index]
            ]

            let missing =
                if missing.Length + held.Length >= places.Count then
                    missing
                else
                    [
                        for index in 0 .. block.Count - 1 do
                            if not (List.contains index held) then
                                block.Names[index]
                    ]

            Error [
                LmmError.HeldInPart(held |> List.map (fun index -> block.Names[index]), missing)
            ]
        else
            match ParameterSolution.solve block values with
            | Some places -> Ok places
            | None -> Error [ LmmError.HeldImpossible(held |> List.map (fun index -> block.Names[index])) ]

    let private ofKnown (standard: Standardised) (blocks: NamedParameters list) (known: Map<string, float>) =
        let unit = standard.ResponseScale

        let problems = [
            for KeyValue(name, value) in known do
                yield! outside blocks name value

            yield! ParameterNames.twice blocks (known |> Map.toList |> List.map fst)
        ]

        if not problems.IsEmpty then
            Error problems
        else
            let residual =
                known.TryFind NamedParameters.residualName
                |> Option.orElse (known.TryFind NamedParameters.deviationName |> Option.map (fun sd -> sd * sd))
                |> Option.map (fun variance -> variance / (unit * unit))

            let known =
                known
                |> Map.toSeq
                |> Seq.map (fun (name, value) -> ParameterNames.canonical blocks name, value)
                |> Map.ofSeq

            blocks
            |> List.map (fun block ->
                let values = [
                    for index in 0 .. block.Count - 1 do
                        match known.TryFind block.Names[index] with
                        | Some value -> index, value / pown unit block.Powers[index]
                        | None -> ()
                ]

                let entry (place, value) =
                    block.Start + place,
                    {
                        Value = value
                        IsScaled = block.Powers[place] > 0
                    }

                if values.IsEmpty then
                    Ok []
                else
                    ofBlock block values |> Result.map (List.map entry))
            |> Problems.all
            |> Result.map (fun entries -> {
                Known = known
                Residual = residual
                Entries = entries |> List.concat |> Map.ofList
            })

    /// <summary>What is known of a model.</summary>
    /// <param name="standard">The model on the inner scale.</param>
    /// <param name="parameters">Its parameters by name; asked for where something is known.</param>
    /// <param name="known">Values by name, in the units that are printed: variances and covariances of a term
    /// (<c>group.effect</c>), parameters of structures (<c>group.rho</c>, <c>Residual.rho</c>), and <c>Residual</c>, σ².
    /// </param>
    /// <returns>The values, or: names that the model does not have, values outside their region, parameters that cannot be
    /// held without others, and those that together give no positive definite matrix.</returns>
    let create (standard: Standardised) (parameters: Lazy<NamedParameters list>) (known: Map<string, float>) =
        if known.IsEmpty then
            Ok none
        else
            ofKnown standard parameters.Value known

    // Points

    /// All of k coordinates of θ, and σ² where it is not profiled out, from the coordinates that are estimated.
    let embed (held: HeldParameters) count (estimated: ImmutableArray<float>) : ParameterPoint =
        let variance =
            if held.HasScale then
                Some(exp estimated[estimated.Length - 1])
            else
                held.Residual

        if held.Entries.IsEmpty then
            {
                Theta = estimated
                Variance = variance
            }
        else
            let sigma = variance |> Option.map sqrt |> Option.defaultValue 1.0

            let values =
                Array.init count (fun k ->
                    match held.Entries.TryFind k with
                    | Some entry when entry.IsScaled -> entry.Value / sigma
                    | Some entry -> entry.Value
                    | None -> 0.0)

            held.Free count
            |> Array.iteri (fun index place -> values[place] <- estimated[index])

            {
                Theta = ImmutableArray.CreateRange values
                Variance = variance
            }

    /// The coordinates that are estimated, given σ² where it is one of them.
    let project (held: HeldParameters) (theta: ImmutableArray<float>) (variance: float) : ImmutableArray<float> =
        let free = held.Free theta.Length |> Seq.map (fun place -> theta[place])

        if held.HasScale then
            ImmutableArray.CreateRange(Seq.append free [ log variance ])
        else
            ImmutableArray.CreateRange free

    /// <summary>∂(θ, log σ)/∂ of the coordinates that are estimated, (k + 1)×(their number); log σ does not move where it is
    /// profiled out or known.</summary>
    let jacobian (held: HeldParameters) (theta: ImmutableArray<float>) : float[,] =
        let free = held.Free theta.Length
        let k = theta.Length

        let result =
            Array2D.zeroCreate (k + 1) (free.Length + (if held.HasScale then 1 else 0))

        free |> Array.iteri (fun index place -> result[place, index] <- 1.0)

        if held.HasScale then
            result[k, free.Length] <- 0.5

            for KeyValue(place, entry) in held.Entries do
                if entry.IsScaled then
                    result[place, free.Length] <- -0.5 * theta[place]

        result

    /// <summary>∂(θ, log σ²)/∂ of what is estimated, (k + 1)×(their number): the coordinates, and log σ² where it is profiled
    /// out, as the last.</summary>
    let directions (held: HeldParameters) (theta: ImmutableArray<float>) : float[,] =
        let slopes = jacobian held theta
        let k, own = theta.Length, Array2D.length2 slopes

        Array2D.init (k + 1) (own + (if held.IsProfiled then 1 else 0)) (fun i column ->
            if column = own then (if i = k then 1.0 else 0.0)
            elif i = k then 2.0 * slopes[i, column]
            else slopes[i, column])
