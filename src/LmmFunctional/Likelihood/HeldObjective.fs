namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>The function of the parameters that are estimated, from that of all of θ.</summary>
[<RequireQualifiedAccess>]
module internal HeldObjective =

    let private select (free: int[]) (values: ImmutableArray<'value>) =
        if values.IsEmpty then
            values
        else
            free |> Seq.map (fun place -> values[place]) |> ImmutableArray.CreateRange

    let private selectBoundary (free: int[]) last (boundary: Boundary) =
        let estimated (along: float -> ImmutableArray<float>) distance =
            (select free (along distance)).AddRange(Option.toArray last)

        {
            boundary with
                Snapped = (select free boundary.Snapped).AddRange(Option.toArray last)
                Fixed = (select free boundary.Fixed).AddRange(last |> Option.map (fun _ -> false) |> Option.toArray)
                Escape = boundary.Escape |> Option.map estimated
                Turn = boundary.Turn |> Option.map estimated
        }

    /// Some coordinates held at numbers.
    let private atNumbers (held: HeldParameters) (objective: Objective) : Objective =
        let count = objective.Names.Length
        let free = held.Free count

        let embed theta =
            (HeldParameters.embed held count theta).Theta

        let ofEvaluation (evaluation: Evaluation) = {
            evaluation with
                Gradient = select free evaluation.Gradient
                Curvature =
                    if evaluation.Curvature.Rows = 0 then
                        evaluation.Curvature
                    else
                        Matrix.init free.Length free.Length (fun i j -> evaluation.Curvature[free[i], free[j]])
        }

        {
            objective with
                Names = select free objective.Names
                Start = select free objective.Start
                FurtherStarts =
                    lazy
                        (objective.FurtherStarts.Value
                         |> List.map (select free)
                         |> List.distinctBy List.ofSeq)
                Unbounded = select free objective.Unbounded
                Ends = select free objective.Ends
                Ray = None
                Evaluate = fun theta order -> ofEvaluation (objective.Evaluate (embed theta) order)
                Boundary = fun theta -> selectBoundary free None (objective.Boundary(embed theta))
        }

    /// <summary>What log σ² adds when it is a coordinate.</summary>
    /// <remarks>f = A(θ) + d s + r²(θ)e⁻ˢ with s = log σ²: ∂f/∂s = d − w, w = r²e⁻ˢ; ∂²f/∂s² = w; ∂²f/∂s∂θ = −∂r²/∂θ e⁻ˢ. In
    /// expectation w is d, and −∂r²/∂θ e⁻ˢ the traces.</remarks>
    let private withScale df (evaluation: Evaluation) weight (squares: float[]) information =
        let k = evaluation.Gradient.Length

        let mixed i =
            if information = Information.Expected then
                evaluation.Gradient[i] + weight * squares[i]
            else
                weight * squares[i]

        Matrix.init (k + 1) (k + 1) (fun i j ->
            match i < k, j < k with
            | true, true -> evaluation.Curvature[i, j]
            | true, false -> mixed i
            | false, true -> mixed j
            | false, false -> if information = Information.Expected then df else weight)

    /// Derivatives by what is estimated, so many coordinates and log σ², from those by all of θ.
    let private alongScales
        df
        residualSquare
        squares
        (held: HeldParameters)
        estimated
        (point: ParameterPoint)
        order
        (evaluation: Evaluation)
        =
        let theta = point.Theta
        let count, size = theta.Length, estimated + 1
        let weight: float = residualSquare theta / point.Variance.Value
        let jacobian = HeldParameters.jacobian held theta

        // The jacobian's last row is of log σ, and s is twice that.
        let along i column =
            if i = count then
                2.0 * jacobian[i, column]
            else
                jacobian[i, column]

        let gradient = Array.append (Seq.toArray evaluation.Gradient) [| df - weight |]

        let sum column =
            Seq.init (count + 1) (fun i -> gradient[i] * along i column) |> Seq.sum

        let valued = {
            evaluation with
                Gradient = ImmutableArray.CreateRange(Seq.init size sum)
        }

        match order with
        | Order.Curvature information ->
            let curvature = withScale df evaluation weight (squares theta) information

            // θ = c e^(−s/2): its second derivative by s is θ/4.
            let ofMap =
                if information = Information.Observed then
                    held.Entries
                    |> Map.toSeq
                    |> Seq.filter (fun (_, entry) -> entry.IsScaled)
                    |> Seq.sumBy (fun (place, _) -> 0.25 * gradient[place] * theta[place])
                else
                    0.0

            let product =
                Array2D.init (count + 1) size (fun i column ->
                    Seq.init (count + 1) (fun l -> curvature[i, l] * along l column) |> Seq.sum)

            {
                valued with
                    Curvature =
                        Matrix.init size size (fun a b ->
                            (Seq.init (count + 1) (fun i -> along i a * product[i, b]) |> Seq.sum)
                            + (if a = size - 1 && b = size - 1 then ofMap else 0.0))
            }
        | _ -> valued

    /// Some coordinates held at numbers divided by σ; log σ² is the last one.
    let private atScales
        df
        residualSquare
        squares
        (held: HeldParameters)
        (full: float option -> Objective)
        : Objective =
        let plain = full None
        let count = plain.Names.Length
        let free = held.Free count

        let evaluate (estimated: ImmutableArray<float>) order =
            let point = HeldParameters.embed held count estimated
            let evaluation = (full point.Variance).Evaluate point.Theta order

            if not (Double.IsFinite evaluation.Value) || order = Order.Value then
                evaluation
            else
                evaluation |> alongScales df residualSquare squares held free.Length point order

        let start =
            HeldParameters.project held plain.Start (residualSquare plain.Start / df)

        {
            plain with
                Names = (select free plain.Names).Add NamedParameters.residualName
                Start = start
                FurtherStarts =
                    lazy
                        (plain.FurtherStarts.Value
                         |> List.map (fun theta -> HeldParameters.project held theta (residualSquare theta / df))
                         |> List.filter (Seq.forall Double.IsFinite)
                         |> List.distinctBy List.ofSeq)
                Unbounded = (select free plain.Unbounded).Add false
                Ends = (select free plain.Ends).Add(ParameterEnds.none NamedParameters.residualName)
                Ray = None
                Evaluate = evaluate
                Boundary =
                    fun estimated ->
                        let point = HeldParameters.embed held count estimated

                        (full point.Variance).Boundary point.Theta
                        |> selectBoundary free (Some estimated[estimated.Length - 1])
        }

    /// <summary>The function of what is estimated.</summary>
    /// <param name="df">Degrees of freedom of σ².</param>
    /// <param name="residualSquare">r² at a θ.</param>
    /// <param name="squares">−∂ log r²/∂θ.</param>
    /// <param name="held">What is known.</param>
    /// <param name="full">The function of all of θ, σ² profiled out or known.</param>
    let create df residualSquare squares (held: HeldParameters) (full: float option -> Objective) : Objective =
        if held.HasScale then
            atScales df residualSquare squares held full
        elif held.Entries.IsEmpty then
            full held.Residual
        else
            atNumbers held (full held.Residual)
