namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>−2 log likelihood given the random effects as a function of θ: cross-products and an engine; residuals are
/// independent.</summary>
[<RequireQualifiedAccess>]
module internal IndependentResidualsObjective =

    /// Σ log w.
    let private sumOfLogWeights (design: Design) =
        match design.Sums, design.Weights with
        | Some sums, _ -> sums.SumOfLogWeights
        | None, Some weights -> Array.sumBy log weights
        | None, None -> 0.0

    /// What −2 log likelihood on the inner scale lacks: the scales of y and X.
    let constantOf kind df (standard: Standardised) =
        let response = 2.0 * df * log standard.ResponseScale

        match kind with
        | Criterion.Ml -> response
        | Criterion.Reml -> response - 2.0 * standard.LogDeterminant

    // Second derivatives of more operations would take longer than most fits.
    let affordable = 1e10

    // What a step may cost decides how far it is worth going on. A decrement of 1e-9 is 3e-5 of a standard error.
    let toleranceFor work =
        if work < 1e8 then 1e-18
        elif work < 1e9 then 1e-12
        elif work < 1e11 then 1e-9
        else 1e-8

    // Of an objective whose own error is a decrement of a hundredth.
    let private sampledTolerance = 5e-7

    /// The function of θ by a plan, σ² profiled out or known, and how it is computed. What it says of its parameters is taken
    /// from one alike, where there is one: that of another response.
    let create kind (design: Design) (standard: Standardised) layout (alike: Objective option) (plan: Plan) =
        let engines = EnginePool plan.NewEngine
        let terms = Array.ofList standard.Terms

        let model = EngineVariance.create (sumOfLogWeights design) standard layout engines
        let reml = (kind = Criterion.Reml)

        let constant =
            constantOf kind (CriterionFunction.residualDf reml model.Rows model.FixedCount) standard

        let moments = engines.Run(StartingValues.deviations layout terms)

        let value (theta: float[]) =
            (CriterionFunction.evaluate reml None constant model (ImmutableArray.CreateRange theta) Order.Value).Value

        let first = StartingValues.place layout moments |> CoarseStart.best layout value
        let start = ImmutableArray.CreateRange first

        let further =
            lazy
                (FurtherStarts.ofTerms layout moments first
                 |> StartPrice.afforded plan.Chosen.Work start)

        let names, unbounded, ends =
            match alike with
            | Some other -> other.Names, other.Unbounded, other.Ends
            | None ->
                ThetaLayout.names design layout,
                ImmutableArray.CreateRange(ThetaLayout.unbounded layout),
                ImmutableArray.CreateRange(ThetaLayout.ends design layout)

        let objective variance = {
            Names = names
            Start = start
            FurtherStarts = further
            Following =
                let ofSmall =
                    if Array.exists Option.isSome layout.Forms then
                        Following.Every
                    else
                        Following.Promising

                StartPrice.following plan.Chosen.Work start.Length ofSmall Following.Close
            Evaluate = CriterionFunction.evaluate reml variance constant model
            Boundary =
                CriterionFunction.covarianceScores reml variance model
                |> VarianceBoundary.inspect design layout
                |> Objective.remembering
            HasCheapCurvature = plan.CurvatureWork < 1e7 || plan.CurvatureWork <= plan.Chosen.Work
            IsCurvatureAffordable = plan.CurvatureWork < affordable
            Tolerance =
                if plan.Sampling.IsSome then
                    sampledTolerance
                else
                    toleranceFor plan.Chosen.Work
            Unbounded = unbounded
            Ends = ends
            Ray = None
        }

        LikelihoodMethod.Conditional(plan, engines), model, objective
