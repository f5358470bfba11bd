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

    /// The function of a model with dense blocks, for others to change; it has no starts but the first.
    let private ofModel kind (design: Design) layout (model: MarginalModel) work constant start variance : Objective =
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
            Evaluate = MarginalObjective.evaluate reml variance constant model
            Boundary =
                VarianceBoundary.inspect design layout (MarginalObjective.covarianceDerivatives reml variance model)
            HasCheapCurvature = true
            IsCurvatureAffordable = true
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
            (MarginalObjective.residualDf (kind = Criterion.Reml) model)
            standard

    /// The function of a model as an engine of its own evaluates it, second derivatives by two gradients for each parameter.
    let private evaluatedBy design layout work evaluate covarianceDerivatives (objective: Objective) : Objective = {
        objective with
            Evaluate = evaluate
            Boundary = VarianceBoundary.inspect design layout covarianceDerivatives
            HasCheapCurvature = false
            IsCurvatureAffordable = 2.0 * float objective.Start.Length * work < IndependentResidualsObjective.affordable
    }

    /// Autoregressive residuals on fields of cells.
    let private ofCells kind (design: Design) (standard: Standardised) layout (model: SeparableModel) =
        let reml = (kind = Criterion.Reml)
        let engine = SeparableObjective.engine model

        let start =
            StructuredStarts.first standard layout model.Marginal (SeparableObjective.evaluate reml None 0.0 engine)
            |> SeparableStart.improve model

        let constant = constantOf kind standard model.Marginal

        let objective variance =
            ofModel kind design layout model.Marginal model.Work constant start variance
            |> evaluatedBy
                design
                layout
                model.Work
                (SeparableObjective.evaluate reml variance constant engine)
                (SeparableObjective.covarianceDerivatives reml variance engine)
            |> withinEnds (nuggetsOf model) layout
            |> withStarts standard layout model.Marginal model.Work

        LikelihoodMethod.Separable(model.Marginal, engine), objective

    /// The best start for a model with sparse equations.
    let private startOfEquations kind standard layout (engine: WhitenedEngine) =
        StructuredStarts.first
            standard
            layout
            engine.Model.Marginal
            (WhitenedObjective.evaluate (kind = Criterion.Reml) None 0.0 engine)

    /// Random effects in sparse equations, with a θ to start from.
    let private ofEquations kind (design: Design) (standard: Standardised) layout (engine: WhitenedEngine) start =
        let reml = (kind = Criterion.Reml)
        let model = engine.Model

        let constant = constantOf kind standard model.Marginal

        let tau = MarginalModel.residualParameters model.Marginal start

        let objective variance =
            ofModel kind design layout model.Marginal model.Work constant start variance
            |> evaluatedBy
                design
                layout
                model.Work
                (WhitenedObjective.evaluate reml variance constant engine)
                (WhitenedObjective.covarianceDerivatives reml variance engine)
            |> withinEnds (singularAt model.Rows tau) layout
            |> withStarts standard layout model.Marginal model.Work

        LikelihoodMethod.Whitened(model.Marginal, engine), objective

    /// Dense blocks, with a θ to start from.
    let private ofBlocks kind (design: Design) (standard: Standardised) layout (model: MarginalModel) start =
        let available = float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)

        if MarginalModel.bytes model > 0.8 * available then
            Error [
                LmmError.TooLarge("The covariance of dependent rows", MarginalModel.bytes model, available)
            ]
        else
            let constant = constantOf kind standard model
            // Nothing is factored before it is known to fit into memory.
            let start, work = start (), MarginalModel.work model

            let objective variance =
                ofModel kind design layout model work constant start variance
                |> withStarts standard layout model work

            Ok(LikelihoodMethod.Marginal model, objective)

    /// <summary>The function of θ by a plan, and how it is computed.</summary>
    /// <returns>Both, or too little memory.</returns>
    let create kind (design: Design) (standard: Standardised) layout (plan: ResidualPlan) =
        match plan.Way with
        | ResidualWay.Blocks model ->
            let evaluate = MarginalObjective.evaluate (kind = Criterion.Reml) None 0.0 model
            let start = lazy (StructuredStarts.first standard layout model evaluate)
            ofBlocks kind design standard layout model (fun () -> start.Value)
        | ResidualWay.Cells model -> Ok(ofCells kind design standard layout model)
        | ResidualWay.Equations model ->
            let engine = WhitenedObjective.engine model

            startOfEquations kind standard layout engine
            |> ofEquations kind design standard layout engine
            |> Ok

    /// <summary>The same for another response of the rows, by the method that was chosen for the first one, from a θ or from
    /// the start that <c>create</c> would find.</summary>
    /// <returns>The function and how it is computed, or too little memory.</returns>
    let withResponse kind (design: Design) (standard: Standardised) layout from method =
        match method with
        | LikelihoodMethod.Marginal model ->
            let model = MarginalModel.withResponse standard model
            let evaluate = MarginalObjective.evaluate (kind = Criterion.Reml) None 0.0 model

            ofBlocks kind design standard layout model (fun () ->
                from
                |> Option.defaultWith (fun () -> StructuredStarts.first standard layout model evaluate))
        | LikelihoodMethod.Whitened(_, engine) ->
            let engine =
                WhitenedObjective.engine (WhitenedModel.withResponse standard engine.Model)

            from
            |> Option.defaultWith (fun () -> startOfEquations kind standard layout engine)
            |> ofEquations kind design standard layout engine
            |> Ok
        | LikelihoodMethod.Separable _
        | LikelihoodMethod.Conditional _ ->
            ResidualPlan.create design standard layout
            |> Result.bind (create kind design standard layout)
