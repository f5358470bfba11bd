namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional

/// <summary>Points to start a model with structured residuals from: random terms by moments and the best of what its residual
/// structure proposes, then either away from there.</summary>
[<RequireQualifiedAccess>]
module internal StructuredStarts =

    /// Relative standard deviations of the effects, as without a residual structure where that can be computed.
    let private deviations (standard: Standardised) (layout: ThetaLayout) (model: MarginalModel) =
        if model.Forms.Length = 0 then
            [||]
        else
            match Plan.create standard with
            | Ok plan -> StartingValues.deviations layout (Array.ofList standard.Terms) (plan.NewEngine())
            | Error _ -> layout.Shapes |> Array.map (fun shape -> Array.create shape.Order 1.0)

    /// θ to start from: the random terms by moments, and the best of what the residual structure proposes.
    let first (standard: Standardised) (layout: ThetaLayout) (model: MarginalModel) evaluate =
        let ofTerms = deviations standard layout model |> StartingValues.place layout

        let withResiduals tau =
            ImmutableArray.CreateRange(Array.append ofTerms tau)

        let own = withResiduals model.Residual.Parameters.Start

        let others = [
            yield! MomentStart.tryFind model |> Option.toList
            for tau in model.Residual.FurtherStarts -> withResiduals tau
        ]

        if others.IsEmpty then
            own
        else
            own :: others
            |> List.minBy (fun theta -> let evaluation: Evaluation = evaluate theta Order.Value in evaluation.Value)

    // The starts of random terms that are of all variances alike, and how many of the others are combined with residuals.
    let private firstChoices, mostChoices = 4, 6

    /// Other θ to start from: random terms and residuals in turn away from the first, then random effects as large as
    /// residuals of which one level has hardly any, then no random effects beside any residuals.
    let further standard (layout: ThetaLayout) (model: MarginalModel) work value (start: ImmutableArray<float>) =
        if StartPrice.most work start.Length = 1 then
            []
        else
            let ofTerms, ofResiduals = Array.splitAt layout.Parameters (Array.ofSeq start)

            let terms = FurtherStarts.ofTerms layout (deviations standard layout model) ofTerms

            let kinds, ownTau = model.Residual.Parameters.Kinds, model.Residual.Parameters.Start
            let residuals = ResidualStarts.moved kinds ofResiduals

            seq {
                for tau in residuals -> Array.append ofTerms tau

                // A level with hardly any residual is an optimum of its own.
                for tau in
                    ResidualStarts.withSmallLevel kinds ofResiduals
                    @ Option.toList (ResidualStarts.withSmallReference kinds ofResiduals) -> Array.append ofTerms tau

                // Of ranges the best of these is the start already; factors have an optimum of their own for each.
                if Array.contains ParameterKind.Loading kinds then
                    for tau in model.Residual.FurtherStarts -> Array.append ofTerms tau

                for theta in terms -> Array.append theta ofResiduals

                match terms with
                | _ :: asLarge :: larger :: _ ->
                    for tau in ResidualStarts.withSmallLevel kinds ofResiduals -> Array.append asLarge tau

                    for tau in Option.toList (ResidualStarts.withSmallReference kinds ofResiduals) ->
                        Array.append larger tau
                | _ -> ()

                // Random effects that explain one level, with some of them zero.
                for theta in
                    List.truncate 1 terms
                    @ (List.skip (min firstChoices terms.Length) terms |> List.truncate mostChoices) do
                    for tau in ResidualStarts.withSmallLevel kinds ofResiduals -> Array.append theta tau

                for theta in List.truncate 1 terms do
                    for tau in residuals -> Array.append theta tau
            }
            |> StartPrice.best value work start (ImmutableArray.CreateRange(Array.append ofTerms ownTau))
