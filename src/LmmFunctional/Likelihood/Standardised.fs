namespace LmmFunctional.Estimation

open System
open System.Runtime.Intrinsics
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model

/// <summary>One random term on the inner scale.</summary>
[<NoComparison; ReferenceEquality>]
type internal StandardisedTerm = {
    /// The grouping factor; terms of the same one have the same codes.
    Group: string
    Levels: int
    Codes: int[]
    /// What relates the levels; None when they are independent.
    Relationship: Relationship option
    /// The S columns, scaled; shifted too when the term holds its own intercept and is unstructured.
    Columns: float[][]
    Factor: RelativeFactor
    /// The form of the covariance of the effects, when it is not any matrix or any diagonal.
    Form: EffectsForm option
    /// T, S×S by columns, with Z(inner) = Z(user) T, so that effects(user) = T effects(inner).
    Transform: float[]
}

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

    let private powerOfTwoNear size =
        if size > 0.0 && Double.IsFinite size then
            Math.ScaleB(1.0, int (round (Math.Log2 size)))
        else
            1.0

    // Rows summed at a time, so that sums do not depend on the number of threads.
    let private chunkRows = 16384

    /// Sums of a number of each chunk of rows, added up in their order.
    let private total rows (ofChunk: int -> int -> float) =
        let chunks = (rows + chunkRows - 1) / chunkRows
        let sums: float[] = Array.zeroCreate chunks

        Tiles.Run(
            chunks,
            float rows,
            fun chunk -> sums[chunk] <- ofChunk (chunk * chunkRows) (min rows ((chunk + 1) * chunkRows))
        )

        Array.sum sums

    let private mean (values: ReadOnlyMemory<float>) =
        let sum first last =
            let values = values.Span
            let mutable sums = Vector512<float>.Zero
            let mutable row = first

            while row + 8 <= last do
                sums <- sums + Vector512.LoadUnsafe(&values[row])
                row <- row + 8

            let mutable sum = Vector512.Sum sums

            while row < last do
                sum <- sum + values[row]
                row <- row + 1

            sum

        total values.Length sum / float values.Length

    let private rootMeanSquare (shift: float) (values: ReadOnlyMemory<float>) =
        let sum first last =
            let values = values.Span
            let mutable sums = Vector512<float>.Zero
            let mutable row = first

            while row + 8 <= last do
                let deviation = Vector512.LoadUnsafe(&values[row]) - Vector512.Create shift
                sums <- sums + deviation * deviation
                row <- row + 8

            let mutable sum = Vector512.Sum sums

            while row < last do
                sum <- sum + (values[row] - shift) * (values[row] - shift)
                row <- row + 1

            sum

        sqrt (total values.Length sum / float values.Length)

    let private standardise (shift: float) (scale: float) (values: ReadOnlyMemory<float>) : float[] =
        let inverse = 1.0 / scale
        let result: float[] = GC.AllocateUninitializedArray values.Length

        Tiles.Run(
            (values.Length + chunkRows - 1) / chunkRows,
            float values.Length,
            fun chunk ->
                let values = values.Span
                let last = min values.Length ((chunk + 1) * chunkRows)
                let mutable row = chunk * chunkRows

                while row + 8 <= last do
                    let deviation = Vector512.LoadUnsafe(&values[row]) - Vector512.Create shift
                    Vector512.StoreUnsafe(deviation * Vector512.Create inverse, &result[row])
                    row <- row + 8

                while row < last do
                    result[row] <- (values[row] - shift) * inverse
                    row <- row + 1
        )

        result

    /// The same for an array, which is not copied where nothing changes.
    let private standardiseColumn shift scale (values: float[]) =
        if shift = 0.0 && scale = 1.0 then
            values
        else
            standardise shift scale (ReadOnlyMemory values)

    /// The positions along one axis of a structure; those of a product are named by their part of the effects' names.
    let private placesOf (design: RandomDesign) index (_, coordinates: float[][]) =
        let partOf (name: string) =
            match design.Axes, name.Split ':' with
            | [ _ ], _ -> name
            | axes, parts when parts.Length = axes.Length -> parts[index]
            | _ -> name

        let labels =
            match design.Places with
            | Some places ->
                let own = Array.create coordinates.Length ""

                places[index]
                |> Seq.iteri (fun effect place -> own[place] <- partOf design.Names[effect])

                own
            | None -> design.Names |> Seq.map partOf |> Seq.distinct |> Array.ofSeq

        {
            Labels =
                if labels.Length = coordinates.Length then
                    labels
                else
                    Array.init coordinates.Length (fun i -> string (i + 1))
            Coordinates = coordinates
        }

    /// The form of a term whose structure has parameters of its own; None where they are the elements of its matrix.
    let formOf (design: RandomDesign) : EffectsForm option =
        match design.Term.Structure with
        | Structure.Unstructured
        | Structure.Diagonal -> None
        | structure ->
            let places = design.Axes |> List.mapi (placesOf design)

            Some(
                match design.Places with
                | None -> EffectsForm.ofFactors structure places
                | Some some -> EffectsForm.ofCombinations structure places (some |> List.map Seq.toArray)
            )

    let private ofTerm (design: RandomDesign) =
        let order = design.Columns.Length
        let transform = Array.zeroCreate (order * order)
        let form = formOf design

        let shiftOf k =
            match design.InterceptAt, design.Term.Structure with
            | Some at, Structure.Unstructured when at <> k -> mean (ReadOnlyMemory design.Columns[k])
            | _ -> 0.0

        let columns =
            design.Columns
            |> Array.mapi (fun k column ->
                let shift = shiftOf k

                // The parameters of other structures hold on the user's scale.
                let scale =
                    if form.IsSome then
                        1.0
                    else
                        powerOfTwoNear (rootMeanSquare shift (ReadOnlyMemory column))

                transform[k + k * order] <- 1.0 / scale

                design.InterceptAt
                |> Option.iter (fun at ->
                    if at <> k then
                        transform[at + k * order] <- -shift / scale)

                standardiseColumn shift scale column)

        {
            Group = design.Group
            Levels = design.Levels.Length
            Codes = design.Codes
            Relationship = design.Relationship
            Columns = columns
            Factor = RelativeFactor.create design.Term.Structure order
            Form = form
            Transform = transform
        }

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
        let shift = if design.Fixed.Constant.IsSome then mean values else 0.0
        let scale = powerOfTwoNear (rootMeanSquare shift values)

        let base' =
            from
            |> Option.defaultWith (fun () -> Array.zeroCreate design.Fixed.Matrix.Columns)

        completed {
            standard with
                Response = standardiseColumn shift scale response
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
                    |> Array.map (fun column -> rootMeanSquare 0.0 (ReadOnlyMemory column))

                1.0 / powerOfTwoNear (Array.max sizes)

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
            | Some constant when constant[index] = 0.0 -> mean column
            | _ -> 0.0

        let fixedShift = fixedColumns |> Array.mapi meanOf

        let fixedScale =
            Array.map2 (fun shift column -> powerOfTwoNear (rootMeanSquare shift column)) fixedShift fixedColumns

        let columns = Array.map3 standardise fixedShift fixedScale fixedColumns
        let weights = design.Weights |> Option.map (Array.map sqrt)

        withOrigin design None {
            ofColumns design.Response columns (design.Random |> List.map ofTerm) weights with
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
