namespace LmmFunctional.Analysis

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>What random effects simulated responses have.</summary>
[<RequireQualifiedAccess>]
type SimulatedEffects =
    /// New ones for every level.
    | New
    /// Those predicted by the fit for its levels; new ones for other levels.
    | Fitted

/// <summary>Parameters of a model by name, in the units that are printed.</summary>
type SimulationParameters = {
    /// Of every column of X.
    Fixed: Map<string, float>
    /// Variances and covariances (<c>group.effect</c>, <c>group.effect.effect</c>), parameters of structures (<c>group.rho</c>,
    /// <c>Residual.rho</c>), and <c>Residual</c>, the residual variance.
    Covariance: Map<string, float>
}

/// <summary>A model with all its parameters on the rows of a data set: what responses are drawn from.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type Simulator = internal {
    /// The rows of the data that responses have values for, from zero.
    DataRows: int[]
    Add: ResidualSampler.Sampler
    /// xβ with offset, and the effects that are not drawn.
    Mean: float[]
} with

    /// The rows of the data that a response has values for, from one.
    member simulator.Rows: ImmutableArray<int> =
        simulator.DataRows |> Seq.map ((+) 1) |> ImmutableArray.CreateRange

    /// What is the same in every response: the fixed part, and effects that are not drawn.
    member simulator.Known: ImmutableArray<float> =
        ImmutableArray.CreateRange simulator.Mean

    member private this.Display = Plural.count this.DataRows.Length "row" + " to simulate"

    /// The number of rows.
    override this.ToString() = this.Display
