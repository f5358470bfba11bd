namespace LmmFunctional

open System.Collections.Immutable

/// <summary>The fixed effects of a model met with its data: X of full column rank, and what was left out of it.</summary>
[<ReferenceEquality>]
type FixedDesign = {
    /// The kept columns, n×p, on the user's scale.
    Matrix: Matrix
    /// R's name of each kept column.
    Names: ImmutableArray<string>
    /// The names of columns that depend linearly on those before them, in order; they have no coefficient.
    Dropped: ImmutableArray<string>
    /// R's name of every column, kept or dropped, in the order of the terms.
    AllNames: ImmutableArray<string>
    /// For every column of AllNames, the index of its term in Terms.
    TermOf: ImmutableArray<int>
    /// The terms, in order, dots expanded.
    Terms: ImmutableArray<Term>
    /// A basis of the null space of the full X: AllNames by dropped columns. L'β is estimable when L'(this) = 0.
    NullSpace: Matrix
    /// Coefficients a with X a = 1 exactly, when the constant is in the span of X.
    Constant: float[] option
}

/// <summary>One random term met with the data: Z held as coefficients per row and level codes, never as an n×q matrix.</summary>
[<ReferenceEquality>]
type RandomDesign = {
    Term: RandomTerm
    /// The name of the grouping factor, its parts joined by a colon in the order written.
    Group: string
    /// Level names; only levels that occur.
    Levels: ImmutableArray<string>
    /// For every row the index of its level.
    Codes: int[]
    /// R's names of the S effects.
    Names: ImmutableArray<string>
    /// The S columns of the effects, each of length n, on the user's scale.
    Columns: float[][]
    /// The position of the term's own intercept among its effects, if it has one.
    InterceptAt: int option
}

/// <summary>A model met with its data: everything the likelihood needs, rows with missing values left out.</summary>
[<ReferenceEquality>]
type Design = {
    Spec: LmmSpec
    /// The response, less nothing: the offset is held apart.
    Response: float[]
    /// The sum of the offsets per row; None when the model has none.
    Offset: float[] option
    /// The prior weights, all positive; None when the model has none.
    Weights: float[] option
    Fixed: FixedDesign
    Random: RandomDesign list
    /// The rows of the frame that are used, in order.
    Rows: int[]
    /// Rows left out because a used column is missing there.
    MissingRows: int
    /// Rows left out because their weight is zero.
    ZeroWeightRows: int
}
