namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional

/// <summary>−2 log likelihood of a model with structured residuals as a function of θ, however that is computed; V
/// holds the weights.</summary>
[<RequireQualifiedAccess>]
module internal StructuredResidualsObjective =

    /// Which parameters are logarithms or the like: of those of residuals all but coefficients.
    let private unboundedOf (layout: ThetaLayout) (model: MarginalModel) =
        Seq.append
            (ThetaLayout.unbounded layout)
            (model.Residual.Parameters.Kinds
             |> Seq.map (fun kind -> kind <> ParameterKind.Real && kind <> ParameterKind.Loading))
        |> ImmutableArray.CreateRange

    /// The function of a model, however its V is factored; it has no starts but the first.
    let private ofModel
        kind
        (design: Design)
        layout
        (model: MarginalModel)
        (factored: IVariance)
        work
        constant
        start
        variance
        =
        let reml = (kind = Criterion.Reml)

        {
            Names =
                ImmutableArray.CreateRange(
                    Seq.append
                        (ThetaLayout.names design layout)
                        (model.Residual.Parameters.Names |> Seq.map (fun name -> $"Residual.{name}"))
                )
            Start = start
            FurtherStarts = lazy []
            Following = StartPrice.following work start.Length Following.Every Following.Extreme
            Evaluate = CriterionFunction.evaluate reml variance constant factored
            Boundary =
                VarianceBoundary.inspect design layout (CriterionFunction.covarianceScores reml variance factored)
            HasCheapCurvature = factored.HasExactCurvature
            // Else it takes two gradients for each parameter.
            IsCurvatureAffordable =
                factored.HasExactCurvature
                || 2.0 * float start.Length * work < IndependentResidualsObjective.affordable
            Tolerance = IndependentResidualsObjective.toleranceFor work
            Unbounded = unboundedOf layout model
            Ends =
                Seq.append
                    (ThetaLayout.ends design layout)
                    (model.Residual.Parameters.Ends
                     |> ParameterEnds.rename (fun name -> $"{NamedParameters.residualName}.{name}"))
                |> ImmutableArray.CreateRange
            Ray =
                if variance.IsNone then
                    ResidualRay.create design layout model
                else
                    None
        }

    /// The function with other points to start from.
    let private withStarts standard layout model work (objective: Objective) : Objective =
        let value theta =
            (objective.Evaluate theta Order.Value).Value

        {
            objective with
                FurtherStarts = lazy (StructuredStarts.further standard layout model work value objective.Start)
        }

    /// Ends of the residuals' parameters taken for reached a little before them, at a distance from each.
    let private withinEnds distanceOf (layout: ThetaLayout) (objective: Objective) : Objective =
        let within k (ends: ParameterEnds) : ParameterEnds =
            let near (own: ParameterEnd) =
                match distanceOf (k - layout.Parameters) ends own with
                | Some distance -> own.Within distance
                | None -> own

            if k < layout.Parameters then
                ends
            else
                {
                    ends with
                        ParameterEnds.Lower = Option.map near ends.Lower
                        Upper = Option.map near ends.Upper
                }

        {
            objective with
                Ends = objective.Ends |> Seq.mapi within |> ImmutableArray.CreateRange
        }

    // With random effects a nugget loses as many digits as it is small where cells are missing.
    let private leastNugget = 1e-8

    let private nuggetsOf (model: SeparableModel) k _ (_: ParameterEnd) =
        if
            model.HasNugget
            && k = model.Grid.Axes
            && model.Terms.Length > 0
            && model.WithoutNugget.Value.IsNone
        then
            Some leastNugget
        else
            None

    // V⁻¹ by R⁻¹ loses the digits of the condition number of R twice: a third of them are kept.
    let private leastDeviation, leastRest = 3e-3, 1e-5

    // log|R| that is so much lower goes to −∞.
    let private vanishing = 5.0

    /// How near an end may come at which R is singular, which has an inverse no longer.
    let private singularAt (rows: WhitenedRows) (tau: float[]) k (ends: ParameterEnds) (own: ParameterEnd) =
        let determinant coordinate =
            ImmutableArray.CreateRange(Array.updateAt k coordinate tau)
            |> WhitenedResidual.tryCreate rows
            |> Option.map _.LogDeterminant
            |> Option.defaultValue -infinity

        if determinant own.At > determinant (own.From 1e-3) - vanishing then
            None
        // A standard deviation, whose square is what is small.
        elif ends.Upper.IsNone then
            Some leastDeviation
        else
            Some leastRest

    let private constantOf kind standard (model: MarginalModel) =
        IndependentResidualsObjective.constantOf
            kind
            (CriterionFunction.residualDf (kind = Criterion.Reml) model.Rows model.FixedCount)
            standard

    /// The value of the criterion without its constant.
    let private plainly kind model =
        CriterionFunction.evaluate (kind = Criterion.Reml) None 0.0 model

    /// Autoregressive residuals on fields of cells.
    let private ofCells kind (design: Design) (standard: Standardised) layout (model: SeparableModel) =
        let engine = SeparableVariance.engine model
        let factored = SolvedVariance.create (SeparableVariance.solver engine)

        let start =
            StructuredStarts.first standard layout model.Marginal (plainly kind factored)
            |> SeparableStart.improve model

        let constant = constantOf kind standard model.Marginal

        let objective variance =
            ofModel kind design layout model.Marginal factored model.Work constant start variance
            |> withinEnds (nuggetsOf model) layout
            |> withStarts standard layout model.Marginal model.Work

        LikelihoodMethod.Separable engine, factored, objective

    /// Random effects in sparse equations, from a θ or from the best start.
    let private ofEquations kind (design: Design) (standard: Standardised) layout from (engine: WhitenedEngine) =
        let model = engine.Model
        let factored = SolvedVariance.create (WhitenedVariance.solver engine)

        let start =
            from
            |> Option.defaultWith (fun () ->
                StructuredStarts.first standard layout model.Marginal (plainly kind factored))

        let constant = constantOf kind standard model.Marginal
        let tau = MarginalModel.residualParameters model.Marginal start

        let objective variance =
            ofModel kind design layout model.Marginal factored model.Work constant start variance
            |> withinEnds (singularAt model.Rows tau) layout
            |> withStarts standard layout model.Marginal model.Work

        LikelihoodMethod.Whitened engine, factored, objective

    /// Dense blocks, from a θ or from the best start.
    let private ofBlocks kind (design: Design) (standard: Standardised) layout from (model: MarginalModel) =
        let available = float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)

        // Nothing is factored before it is known to fit into memory.
        if MarginalModel.bytes model > 0.8 * available then
            Error [
                LmmError.TooLarge("The covariance of dependent rows", MarginalModel.bytes model, available)
            ]
        else
            let factored = MarginalVariance.create model
            let constant = constantOf kind standard model
            let work = MarginalModel.work model

            let start =
                from
                |> Option.defaultWith (fun () -> StructuredStarts.first standard layout model (plainly kind factored))

            let objective variance =
                ofModel kind design layout model factored work constant start variance
                |> withStarts standard layout model work

            Ok(LikelihoodMethod.Marginal model, factored, objective)

    /// <summary>The function of θ by a plan, and how it is computed.</summary>
    /// <returns>Both, or too little memory.</returns>
    let create kind (design: Design) (standard: Standardised) layout (plan: ResidualPlan) =
        match plan.Way with
        | ResidualWay.Blocks model -> ofBlocks kind design standard layout None model
        | ResidualWay.Cells model -> Ok(ofCells kind design standard layout model)
        | ResidualWay.Equations model ->
            Ok(ofEquations kind design standard layout None (WhitenedVariance.engine model))

    /// <summary>The same for another response of the rows, by the method that was chosen for the first one, from a θ or from
    /// the start that <c>create</c> would find.</summary>
    /// <returns>The function and how it is computed, or too little memory.</returns>
    let withResponse kind (design: Design) (standard: Standardised) layout from method =
        match method with
        | LikelihoodMethod.Marginal model ->
            ofBlocks kind design standard layout from (MarginalModel.withResponse standard model)
        | LikelihoodMethod.Whitened engine ->
            WhitenedModel.withResponse standard engine.Model
            |> WhitenedVariance.engine
            |> ofEquations kind design standard layout from
            |> Ok
        | LikelihoodMethod.Separable _
        | LikelihoodMethod.Conditional _ ->
            ResidualPlan.create design standard layout
            |> Result.bind (create kind design standard layout)
