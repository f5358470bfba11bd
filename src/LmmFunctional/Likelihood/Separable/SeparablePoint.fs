namespace LmmFunctional

open System.Collections.Immutable

/// <summary>A separable model at one θ: covariance factors of the terms, processes, and nugget.</summary>
[<NoComparison; ReferenceEquality>]
type internal SeparablePoint = {
    /// λ of every term with its derivatives.
    Factors: Jet[][]
    Lambdas: float[][]
    /// One for each correlation.
    Processes: AutoregressiveLine[]
    /// c; zero without a nugget.
    Nugget: float
    /// 1 − c.
    Rest: float
    /// The variance that V is computed relative to: c, or one without a nugget.
    Scale: float
}

[<RequireQualifiedAccess>]
module internal SeparablePoint =

    /// The point of a θ.
    let create (model: SeparableModel) (theta: ImmutableArray<float>) : SeparablePoint =
        let layout = model.Marginal.Layout

        let factors =
            model.Marginal.Forms
            |> Array.mapi (fun t form -> form.Factor(Jet.variables (ThetaLayout.parametersOf layout theta t)))

        let tau = MarginalModel.residualParameters model.Marginal theta
        // Each without cancellation, so that both ends are ordinary points.
        let nugget, rest =
            if model.HasNugget then
                let last = tau[model.Grid.Axes]
                1.0 / (1.0 + exp -last), 1.0 / (1.0 + exp last)
            else
                0.0, 1.0

        {
            Factors = factors
            Lambdas = factors |> Array.map (Array.map _.Value)
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
