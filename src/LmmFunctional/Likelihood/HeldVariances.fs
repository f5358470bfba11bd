namespace LmmFunctional

open System
open System.Collections.Immutable

/// <summary>Variances that are known and not estimated, on the inner scale.</summary>
[<NoComparison; ReferenceEquality>]
type internal HeldVariances = {
    /// σ², where it is known; profiled out else.
    Residual: float option
    /// Places in θ with the values they are held at.
    Entries: Map<int, float>
} with

    /// The places of the parameters that are estimated.
    member held.Free(layout: ThetaLayout) = [|
        for k in 0 .. layout.Parameters - 1 do
            if not (held.Entries.ContainsKey k) then
                k
    |]

[<RequireQualifiedAccess>]
module internal HeldVariances =

    /// The name of the residual variance.
    let residualName = "Residual"

    /// Nothing is known.
    let none = { Residual = None; Entries = Map.empty }

    /// The entry of λ at a place of θ, where the term's parameters are its standard deviations one by one.
    let private entryAt (layout: ThetaLayout) place =
        let t = layout.ParameterStarts |> Array.findIndexBack (fun start -> start <= place)
        let shape = layout.Shapes[t]

        if layout.Forms[t].IsNone && Array.forall2 (=) shape.EntryRows shape.EntryColumns then
            Some layout.Entries[layout.Starts[t] + place - layout.ParameterStarts[t]]
        else
            None

    /// <summary>What is known of a model.</summary>
    /// <param name="design">The model with its data.</param>
    /// <param name="standard">The same on the inner scale.</param>
    /// <param name="layout">Its θ.</param>
    /// <param name="known">Variances in squared units of the response, by name: <c>group.effect</c> or <c>Residual</c>.
    /// </param>
    /// <returns>The values, or: names that the model does not have, values that are not positive, a variance that is part
    /// of an unstructured matrix, or one of random effects without that of the residual.</returns>
    let create design (standard: Standardised) (layout: ThetaLayout) (known: Map<string, float>) =
        let names = ThetaLayout.names design layout
        let terms = Array.ofList standard.Terms
        let residual = known.TryFind residualName

        let problemOf name value =
            let place = names.IndexOf name

            if not (value > 0.0 && Double.IsFinite value) then
                Some(LmmError.HeldNotPositive(name, value))
            elif name = residualName then
                None
            elif place < 0 then
                Some(LmmError.UnknownVariance(name, Nearest.suggest (Seq.append names [ residualName ]) name))
            elif (entryAt layout place).IsNone then
                Some(LmmError.HeldInMatrix name)
            elif residual.IsNone then
                Some(LmmError.HeldWithoutResidual name)
            else
                None

        let problems = [
            for KeyValue(name, value) in known do
                yield! Option.toList (problemOf name value)
        ]

        let entryOf name value =
            let place = names.IndexOf name

            entryAt layout place
            |> Option.map (fun entry ->
                let term = terms[entry.Term]
                let scale = term.Transform[entry.Row * (term.Factor.Order + 1)]
                place, sqrt (value / Option.defaultValue 1.0 residual) / scale)

        if problems.IsEmpty then
            Ok {
                Residual =
                    residual
                    |> Option.map (fun value -> value / (standard.ResponseScale * standard.ResponseScale))
                Entries =
                    known
                    |> Map.toSeq
                    |> Seq.filter (fun (name, _) -> name <> residualName)
                    |> Seq.choose (fun (name, value) -> entryOf name value)
                    |> Map.ofSeq
            }
        else
            Error problems

    /// All of θ from the parameters that are estimated.
    let embed (layout: ThetaLayout) (held: HeldVariances) (theta: ImmutableArray<float>) : ImmutableArray<float> =
        if held.Entries.IsEmpty then
            theta
        else
            let values =
                Array.init layout.Parameters (fun k -> defaultArg (held.Entries.TryFind k) 0.0)

            held.Free layout
            |> Array.iteri (fun index place -> values[place] <- theta[index])

            ImmutableArray.CreateRange values

    /// The function of the parameters that are estimated, the others held.
    let restrict (layout: ThetaLayout) (held: HeldVariances) (objective: Objective) : Objective =
        if held.Entries.IsEmpty then
            objective
        else
            let free = held.Free layout
            let embed = embed layout held

            let select (values: ImmutableArray<'Value>) =
                if values.IsEmpty then
                    values
                else
                    free |> Seq.map (fun place -> values[place]) |> ImmutableArray.CreateRange

            let ofEvaluation (evaluation: Evaluation) = {
                evaluation with
                    Gradient = select evaluation.Gradient
                    Curvature =
                        if evaluation.Curvature.Rows = 0 then
                            evaluation.Curvature
                        else
                            Matrix.init free.Length free.Length (fun i j -> evaluation.Curvature[free[i], free[j]])
            }

            {
                objective with
                    Names = select objective.Names
                    Start = select objective.Start
                    Unbounded = select objective.Unbounded
                    Evaluate = fun theta order -> ofEvaluation (objective.Evaluate (embed theta) order)
                    Boundary =
                        fun theta ->
                            let boundary = objective.Boundary(embed theta)

                            {
                                boundary with
                                    Snapped = select boundary.Snapped
                                    Fixed = select boundary.Fixed
                                    Escape = boundary.Escape |> Option.map (fun away -> away >> select)
                                    Turn = boundary.Turn |> Option.map (fun turned -> turned >> select)
                            }
            }
