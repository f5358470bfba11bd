namespace LmmFunctional.Estimation

open System
open LmmFunctional

/// <summary>Residual variances that go to zero together.</summary>
[<RequireQualifiedAccess>]
module internal ResidualRay =

    /// The way on which the variance goes to zero that the others are told in units of: that of the first level, where residual
    /// variances differ between the levels of one thing. Random effects grow with the other levels.
    let create (design: Design) (layout: ThetaLayout) (model: MarginalModel) : Ray option =
        let kinds = model.Residual.Parameters.Kinds

        let isScale k =
            kinds[k] = ParameterKind.StandardDeviation

        let hasOneScale (residual: ResidualDesign) =
            let ofForm =
                (ResidualModel.formOf residual).Kinds
                |> Array.contains ParameterKind.StandardDeviation

            let ofGroups =
                residual.Variances
                |> List.filter (fun (_, values) ->
                    match values with
                    | VarianceValues.Groups _ -> true
                    | _ -> false)

            residual.Levels.IsNone && ofGroups.Length + (if ofForm then 1 else 0) = 1

        // Scales of random terms: entries of factors, and the standard deviations of forms.
        let scalesOf t =
            let first = layout.ParameterStarts[t]

            match layout.Forms[t] with
            | None -> [ first .. layout.ParameterStarts[t + 1] - 1 ]
            | Some form -> [ for k in form.Deviations -> first + k ]

        let isPlain (form: EffectsForm option) =
            form
            |> Option.forall (fun form ->
                form.Deviations.Length > 0
                && form.Kinds
                   |> Seq.indexed
                   |> Seq.forall (fun (k, kind) ->
                       match kind with
                       | ParameterKind.StandardDeviation -> Seq.contains k form.Deviations
                       | ParameterKind.Loading
                       | ParameterKind.Variance -> false
                       | _ -> true))

        match design.Residual with
        | Some residual when hasOneScale residual && Seq.forall isPlain layout.Forms ->
            let effects = [
                for t in 0 .. layout.Forms.Length - 1 do
                    yield! scalesOf t
            ]

            let logarithms = [
                for k in 0 .. kinds.Length - 1 do
                    if isScale k then
                        layout.Parameters + k
            ]

            Some {
                Name = $"{NamedParameters.residualName}.sigma"
                Along =
                    fun distance theta ->
                        let moved = theta.ToBuilder()
                        let factor = exp distance

                        for i in effects do
                            moved[i] <- factor * moved[i]

                        for i in logarithms do
                            moved[i] <- moved[i] + distance

                        moved.ToImmutable()
                Tangent =
                    fun theta ->
                        let tangent = Array.zeroCreate theta.Length

                        for i in effects do
                            tangent[i] <- theta[i]

                        for i in logarithms do
                            tangent[i] <- 1.0

                        tangent
                Position = fun theta -> logarithms |> Seq.map (fun i -> theta[i]) |> Seq.min
            }
        | _ -> None
