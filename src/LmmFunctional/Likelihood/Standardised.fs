namespace LmmFunctional.Estimation

open System
open System.Runtime.Intrinsics
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model

/// <summary>A design on the inner scale of the engines, and the way back.</summary>
/// <remarks>Cross-products square what they are given, and a level far from zero would drown the variation: so, when the
/// constant is in the span of X, the response and the columns of X are shifted by their means, and everything is scaled.
/// Scales are powers of two, so that scaling rounds nothing.</remarks>
[<NoComparison; ReferenceEquality>]
type internal Standardised = {
    Rows: int
    /// n, the number of rows that σ² is estimated from: those above, or those that they stand for.
    Observations: int
    /// The response less offset and shift, scaled.
    Response: float[]
    ResponseShift: float
    ResponseScale: float
    /// The p columns that span what X spans: X B.
    Fixed: float[][]
    /// B, p×p by columns: β(user) = scale of y · B β(inner) + Origin.
    Map: float[]
    /// log|det B|.
    LogDeterminant: float
    /// The fixed effects, on the user's scale, that the response is taken less.
    Origin: float[]
    /// What Origin holds beside the mean of the response, where X would lose digits; see Conditioning.
    Base: float[] option
    /// Coefficients a with X a = 1, when the constant is in the span of X.
    Constant: float[] option
    Terms: StandardisedTerm list
    /// Square roots of the prior weights.
    RootWeights: float[] option
    /// The factor by which all rows are known better than σ² and the weights say: one, or a large number in the limit of
    /// no residual variance; it is part of RootWeights.
    Precision: float
    /// Whether variances of random effects are so large beside σ² that cross-products lose digits, at all θ that matter.
    IsSpread: bool
    /// [X y]'[X y] on the inner scale, P×P by columns, weighted; when first asked for.
    Products: Lazy<float[]>
} with

    /// The columns of X and then y.
    member standard.FixedAndResponse = Array.append standard.Fixed [| standard.Response |]

[<RequireQualifiedAccess>]
module internal Standardised =

    let private responseOf (design: Design) =
        match design.Offset with
        | Some offset -> Array.map2 (-) design.Response offset
        | None -> design.Response

    /// Everything that follows from the columns, where those have changed.
    let private completed (standard: Standardised) = {
        standard with
            Products = lazy FixedProducts.create standard.Rows standard.FixedAndResponse standard.RootWeights
    }

    /// A response less some fixed effects, by the user's columns; rounded once.
    let private less (x: Matrix) (origin: float[]) (response: float[]) : float[] =
        let columns =
            Array.init x.Columns (fun j -> struct (x.Values, j * x.Rows))
            |> Array.append [| struct (response, 0) |]

        ExactSums.combine x.Rows columns [| 1.0; yield! Array.map (~-) origin |]

    /// The response less what the fixed effects are measured from, its mean taken out too if the constant is in the span.
    let private withOrigin (design: Design) (from: float[] option) (standard: Standardised) =
        let whole = responseOf design

        let response =
            match from with
            | Some origin -> less design.Fixed.Matrix origin whole
            | None -> whole

        let values = ReadOnlyMemory response

        let shift =
            if design.Fixed.Constant.IsSome then
                ColumnScale.mean values
            else
                0.0

        let scale = ColumnScale.powerOfTwoNear (ColumnScale.rootMeanSquare shift values)

        let base' =
            from
            |> Option.defaultWith (fun () -> Array.zeroCreate design.Fixed.Matrix.Columns)

        completed {
            standard with
                Response = ColumnScale.standardiseColumn shift scale response
                ResponseShift = shift
                ResponseScale = scale
                Base = from
                Origin =
                    match design.Fixed.ConstantCoefficients with
                    | Some constant -> Array.map2 (fun b a -> b + shift * a) base' constant
                    | None -> base'
        }

    /// The same columns and scales, with the response of a design that differs in nothing else.
    let withResponse (design: Design) (standard: Standardised) : Standardised =
        withOrigin design standard.Base standard

    /// <summary>The same model with X B in place of its columns, B p×p, and the response less X β₀.</summary>
    /// <remarks>Each element is a sum that is rounded once, so that X B loses nothing where X is nearly singular.</remarks>
    let rebased (map: float[]) logDeterminant (origin: float[]) (design: Design) (standard: Standardised) =
        let x = design.Fixed.Matrix
        let p = x.Columns
        let columns = Array.init p (fun j -> struct (x.Values, j * x.Rows))

        withOrigin design (Some origin) {
            standard with
                Fixed = Array.init p (fun j -> ExactSums.combine x.Rows columns (Array.sub map (j * p) p))
                Map = map
                LogDeterminant = logDeterminant
        }

    /// The same model with rows that are known better by a factor.
    let withPrecision factor (standard: Standardised) : Standardised =
        let roots =
            standard.RootWeights
            |> Option.defaultWith (fun () -> Array.create standard.Rows 1.0)

        completed {
            standard with
                RootWeights = Some(roots |> Array.map ((*) factor))
                Precision = standard.Precision * factor
                IsSpread = true
        }

    /// The same model with the columns of each random term times a power of two, for variances that are very large.
    let withScales (scales: float list) (standard: Standardised) : Standardised = {
        standard with
            IsSpread = true
            Terms =
                List.map2
                    (fun scale (term: StandardisedTerm) -> {
                        term with
                            Columns = term.Columns |> Array.map (Array.map ((*) scale))
                            Transform = term.Transform |> Array.map ((*) scale)
                    })
                    scales
                    standard.Terms
    }

    /// The same model with columns of random terms of the size of one, as they are at first; terms with a form stay.
    let withUnitColumns (standard: Standardised) : Standardised =
        let scaleOf (term: StandardisedTerm) =
            match term.Form with
            | Some _ -> 1.0
            | None ->
                let sizes =
                    term.Columns
                    |> Array.map (fun column -> ColumnScale.rootMeanSquare 0.0 (ReadOnlyMemory column))

                1.0 / ColumnScale.powerOfTwoNear (Array.max sizes)

        withScales (standard.Terms |> List.map scaleOf) standard

    /// B with X B the shifted and scaled columns: X' = (X − 1 mᵀ) D⁻¹.
    let private mapOf (constant: float[] option) (shift: float[]) (scale: float[]) =
        let p = scale.Length

        Array.init (p * p) (fun index ->
            let i, j = index % p, index / p
            let own = if i = j then 1.0 else 0.0

            let viaConstant =
                match constant with
                | Some constant -> constant[i] * shift[j]
                | None -> 0.0

            (own - viaConstant) / scale[j])

    /// A model whose columns of X and response are on the inner scale.
    let ofColumns response (columns: float[][]) terms rootWeights : Standardised =
        let p = columns.Length

        completed {
            Rows = Array.length response
            Observations = Array.length response
            Response = response
            ResponseShift = 0.0
            ResponseScale = 1.0
            Fixed = columns
            Map = Array.init (p * p) (fun k -> if k % p = k / p then 1.0 else 0.0)
            LogDeterminant = 0.0
            Origin = Array.zeroCreate p
            Base = None
            Constant = None
            Terms = terms
            RootWeights = rootWeights
            Precision = 1.0
            IsSpread = false
            Products = lazy [||]
        }

    /// The design on the inner scale.
    let ofDesign (design: Design) : Standardised =
        let x = design.Fixed.Matrix

        // Parts of X itself: a copy of all its columns would take longer than their sums.
        let fixedColumns =
            Array.init x.Columns (fun j -> ReadOnlyMemory(x.Values, j * x.Rows, x.Rows))

        let meanOf index column =
            match design.Fixed.ConstantCoefficients with
            | Some constant when constant[index] = 0.0 -> ColumnScale.mean column
            | _ -> 0.0

        let fixedShift = fixedColumns |> Array.mapi meanOf

        let fixedScale =
            Array.map2
                (fun shift column -> ColumnScale.powerOfTwoNear (ColumnScale.rootMeanSquare shift column))
                fixedShift
                fixedColumns

        let columns = Array.map3 ColumnScale.standardise fixedShift fixedScale fixedColumns
        let weights = design.Weights |> Option.map (Array.map sqrt)

        withOrigin design None {
            ofColumns design.Response columns (design.Random |> List.map StandardisedTerm.ofTerm) weights with
                Observations = design.Observations
                Map = mapOf design.Fixed.ConstantCoefficients fixedShift fixedScale
                LogDeterminant = -(Array.sumBy log fixedScale)
                Constant = design.Fixed.ConstantCoefficients
        }

    /// B β for p coefficients of the inner scale.
    let private mapped (standard: Standardised) (inner: float[]) =
        let p = inner.Length

        Array.init p (fun i ->
            let mutable sum = 0.0

            for j in 0 .. p - 1 do
                sum <- sum + standard.Map[i + j * p] * inner[j]

            sum)

    /// Fixed effects on the user's scale from those of the inner scale.
    let coefficients (inner: float[]) (standard: Standardised) =
        Array.map2 (fun b origin -> standard.ResponseScale * b + origin) (mapped standard inner) standard.Origin

    /// <summary>The matrix B, p×p by columns, with β(user) = scale of y · B β(inner) + origin: B Φ Bᵀ maps Cov(β̂)/σ².</summary>
    let coefficientMap (standard: Standardised) = standard.Map
