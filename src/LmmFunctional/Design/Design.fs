namespace LmmFunctional.Estimation

open System.Runtime.InteropServices
open LmmFunctional
open LmmFunctional.Model

open System
open System.Collections.Immutable

/// <summary>What a model learned from its data: the levels of its factors, the parameters of its bases, the coding of
/// its terms. With it the same columns can be made for new data.</summary>
[<ReferenceEquality>]
type Schema = internal {
    /// The data the model has met.
    Frame: Frame
    Response: NumericExpr
    Fixed: CodedTerm list
    Offsets: NumericExpr list
    /// For each random term the coding of its effects and its grouping factor.
    Random: (CodedTerm list * GroupingFactor) list
}

/// <summary>The rows that the weighted rows of a design stand for, where they are not at hand themselves.</summary>
type RowSums = {
    /// How many they are.
    Observations: int
    /// How many each weighted row stands for: a share of the rows that were summed with it.
    Multiplicities: ImmutableArray<float>
    /// The sum of the logarithms of their prior weights; zero when the model has none.
    SumOfLogWeights: float
    /// Whether they have prior weights.
    HasWeights: bool
}

/// <summary>A model met with its data: everything the likelihood needs, rows with missing values left out.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type Design = internal {
    Spec: LmmSpec
    /// The response as the model writes it; the offset has not been subtracted.
    Response: float[]
    /// The sum of the offsets per row; None when the model has none.
    Offset: float[] option
    /// The prior weights, all positive; None when the model has none.
    Weights: float[] option
    Fixed: FixedDesign
    Random: RandomDesign list
    /// What a structure of the residuals needs; None for independent residuals.
    Residual: ResidualDesign option
    /// The rows of the frame that are used, in order.
    Rows: int[]
    /// Rows left out because a used column is missing there.
    MissingRows: int
    /// Rows left out because their weight is zero.
    ZeroWeightRows: int
    /// What the rows stand for where they are sums of others; None where they are the rows of the data.
    Sums: RowSums option
    /// What a reader must know of how the data were taken: texts of one number that are different levels, dates, steps
    /// with gaps. Those of the residuals' positions are in Residual.
    Notes: string list
    /// What is needed to make the same columns for new data.
    Schema: Schema
} with

    /// Number of rows that the model is fitted to: those used, or those that they stand for.
    member design.Observations =
        match design.Sums with
        | Some sums -> sums.Observations
        | None -> design.Response.Length

    /// The model.
    member design.Model = design.Spec

    /// X of full column rank and the names of its columns.
    member design.FixedEffects = design.Fixed

    /// The random terms in the order of the model.
    member design.RandomEffects = design.Random

    /// The response of every row used, on the scale of the model; the offset has not been subtracted.
    member design.ResponseValues =
        ImmutableCollectionsMarshal.AsImmutableArray design.Response

    /// The sum of the offsets of every row used; None when the model has none.
    member design.OffsetValues =
        design.Offset |> Option.map ImmutableCollectionsMarshal.AsImmutableArray

    /// The prior weights of the rows used, all positive; None when the model has none.
    member design.WeightValues =
        design.Weights |> Option.map ImmutableCollectionsMarshal.AsImmutableArray

    /// The rows of the frame that are used, in order, from zero.
    member design.UsedRows = ImmutableCollectionsMarshal.AsImmutableArray design.Rows

    /// How many rows were left out because a used column is missing there.
    member design.RowsMissing = design.MissingRows

    /// How many rows were left out because their weight is zero.
    member design.RowsOfZeroWeight = design.ZeroWeightRows

    member private design.Display =
        let rows = Plural.count design.Observations "row"
        let effects = Plural.count design.Fixed.Names.Length "fixed effect"
        let terms = Plural.count design.Random.Length "random term"
        $"{design.Spec}: {rows}, {effects}, {terms}"

    /// The model and its sizes: y ~ 1 + x + (1 | g): 100 rows, 2 fixed effects, 1 random term.
    override design.ToString() = design.Display

/// What the parts of a model became on the rows in use.
[<NoComparison; NoEquality>]
type private Parts = {
    ResponseExpr: NumericExpr
    Response: float[]
    Offsets: NumericExpr list
    FixedDesign: FixedDesign
    FixedCoding: CodedTerm list
    Random: (RandomDesign * CodedTerm list * GroupingFactor) list
    Residual: ResidualDesign option
}
