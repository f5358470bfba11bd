namespace LmmFunctional.Estimation

open System.Collections.Immutable

/// <summary>A separable model at one θ: covariances of the terms, processes, and nugget.</summary>
[<NoComparison; ReferenceEquality>]
type internal SeparablePoint = {
    /// λ of every term.
    Lambdas: float[][]
    /// G of every term with its derivatives, when first asked for.
    Jets: Lazy<Jet[][]>
    /// One for each correlation.
    Processes: AutoregressiveLine[]
    /// c; zero without a nugget.
    Nugget: float
    /// 1 − c.
    Rest: float
    /// The variance that V is computed relative to: c, or one without a nugget.
    Scale: float
} with

    /// G of every term with its derivatives.
    member point.Covariances = point.Jets.Value

[<RequireQualifiedAccess>]
module internal SeparablePoint =

    /// The point of a θ.
    let create (model: SeparableModel) (theta: ImmutableArray<float>) : SeparablePoint =
        let layout = model.Marginal.Layout

        let ofTerms (map: EffectsForm -> float[] -> 'result[]) =
            model.Marginal.Forms
            |> Array.mapi (fun t form -> map form (ThetaLayout.parametersOf layout theta t))

        let tau = MarginalModel.residualParameters model.Marginal theta
        // Each without cancellation, so that both ends are ordinary points.
        let nugget, rest =
            if model.HasNugget then
                let last = tau[model.Grid.Axes]
                1.0 / (1.0 + exp -last), 1.0 / (1.0 + exp last)
            else
                0.0, 1.0

        {
            Lambdas = ofTerms _.Factor
            Jets = lazy (ofTerms (fun form own -> form.Covariance(Jet.variables own)))
            Processes = Array.init model.Grid.Axes (fun axis -> AutoregressiveLine.create tau[axis])
            Nugget = nugget
            Rest = rest
            Scale = if model.HasNugget then nugget else 1.0
        }

    /// Whether all of it can be computed with.
    let isFinite (point: SeparablePoint) =
        point.Lambdas |> Array.forall Semidefinite.isFinite
        && point.Processes |> Array.forall (fun line -> line.Rest > 0.0)
        && point.Scale > 0.0
        && point.Rest > 0.0

    /// Elements of Q, or their derivatives, along both axes; the second is a one where there is no second axis.
    let tables (elements: AutoregressiveLine -> float[]) (point: SeparablePoint) : struct (float[] * float[]) =
        let second =
            if point.Processes.Length > 1 then
                elements point.Processes[1]
            else
                AutoregressiveLine.precision AutoregressiveLine.none

        struct (elements point.Processes[0], second)
