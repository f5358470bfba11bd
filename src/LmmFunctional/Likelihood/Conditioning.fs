namespace LmmFunctional.Estimation

open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Language

/// <summary>Whether X and y keep their digits in cross-products, and columns that do where they do not.</summary>
/// <remarks>Cross-products square what they are given: a column of which less than 1e-8 of the squared length is left after
/// those before it has lost half of its digits there. Then X is replaced by X B with columns that are nearly orthogonal, and y
/// by y − X β₀, both rounded once; β(user) = B β + β₀ leads back. Powers of a covariate, and a response that the fixed effects
/// nearly fit, are like that.</remarks>
[<RequireQualifiedAccess>]
module internal Conditioning =

    // The share of a squared length that leaves half of the digits.
    let private sound = 1e-8

    // The same where V is not that of equal and independent rows.
    let private soundUnderV = 1e-6

    // Below this a pivot says nothing.
    let private least = 1e-8

    // What sums of rounded numbers may leave, in units of rounding.
    let private rounding = 16.0 * 2.220446049250313e-16

    /// The share of each column's squared length that is left after those before it, from a lower triangle L.
    let shares size (l: float[]) : float[] =
        Array.init size (fun j ->
            let mutable whole = 0.0

            for k in 0..j do
                whole <- whole + l[j + k * size] * l[j + k * size]

            l[j + j * size] * l[j + j * size] / whole)

    /// Whether X and y keep their digits in the cross-products of a model.
    let isSound (standard: Standardised) =
        let size = standard.Fixed.Length + 1
        let factor = Array.copy standard.Products.Value

        Dense.Factor(size, factor)
        && shares size factor |> Array.forall (fun share -> share >= sound)

    /// X L⁻ᵀ √n in place of X, and y less its fit, for a lower triangle L of [X y] whose rows are as long as its columns.
    let private byTriangle (l: float[]) (design: Design) (standard: Standardised) =
        let p = standard.Fixed.Length
        let size = p + 1
        // L⁻ᵀ, upper, by columns.
        let inverse: float[] = Array.zeroCreate (p * p)

        for j in 0 .. p - 1 do
            for i in j .. -1 .. 0 do
                let mutable sum = if i = j then 1.0 else 0.0

                for k in i + 1 .. j do
                    sum <- sum - l[k + i * size] * inverse[k + j * p]

                inverse[i + j * p] <- sum / l[i + i * size]

        let fitted =
            Array.init p (fun i ->
                Seq.init (p - i) (fun k -> inverse[i + (i + k) * p] * l[p + (i + k) * size])
                |> Seq.sum)

        let root = sqrt (float standard.Rows)

        let map =
            Dense.Multiply(p, p, p, standard.Map, false, inverse, false)
            |> Array.map ((*) root)

        let logDeterminant =
            standard.LogDeterminant
            + Seq.sum (Seq.init p (fun j -> log (root * abs inverse[j + j * p])))

        Standardised.rebased map logDeterminant (Standardised.coefficients fitted standard) design standard

    /// The same by orthogonal rotations of the rows of [X y], which lose nothing.
    let private byRows (design: Design) (standard: Standardised) =
        let n, p = standard.Rows, standard.Fixed.Length
        let size = p + 1

        let rows =
            standard.FixedAndResponse
            |> Array.map (fun column ->
                match standard.RootWeights with
                | Some roots -> Array.map2 (*) roots column
                | None -> column)
            |> Array.concat

        let upper = Rank.triangle n size (Array.create size 1.0) rows
        byTriangle (Small.transposed size upper) design standard

    /// Whether what is left of the response is rounding only: of the response and of what its fit adds up.
    let private isExact (design: Design) (standard: Standardised) =
        let x = design.Fixed.Matrix
        let mutable left = 0.0
        let mutable whole = 0.0

        for row in 0 .. x.Rows - 1 do
            let residual = standard.ResponseScale * standard.Response[row]
            let mutable size = abs design.Response[row]

            match design.Offset with
            | Some offset -> size <- size + abs offset[row]
            | None -> ()

            for j in 0 .. x.Columns - 1 do
                size <- size + abs (x.Values[row + j * x.Rows] * standard.Origin[j])

            left <- left + residual * residual
            whole <- whole + size * size

        left <= rounding * rounding * whole

    let private exact (design: Design) =
        Error [ LmmError.ResponseFitsExactly(ExprText.deparse design.Spec.Response) ]

    /// <summary>The same model with columns that keep their digits.</summary>
    /// <returns>It, or a response that the fixed effects fit exactly.</returns>
    let ensure (design: Design) (standard: Standardised) : Result<Standardised, LmmError list> =
        // What is left of the response is found anew each time, until rounding is all that changes.
        let rec improve attempts standard =
            if isSound standard then
                Ok standard
            else
                let next = byRows design standard

                if isExact design next then exact design
                elif attempts = 1 then Ok next
                else improve (attempts - 1) next

        improve 4 standard

    /// <summary>The same model with columns that keep their digits under the V of a factor of [X y]'V⁻¹[X y], P×P by columns,
    /// lower; None where they do already.</summary>
    let underFactor (factor: float[]) (design: Design) (standard: Standardised) : Standardised option =
        let size = standard.Fixed.Length + 1
        let own = shares size factor

        if
            own |> Array.forall (fun share -> share >= soundUnderV)
            || own |> Array.exists (System.Double.IsFinite >> not)
        then
            None
        else
            let l = Array.copy factor

            for j in 0 .. size - 2 do
                if own[j] < least * least then
                    l[j + j * size] <- l[j + j * size] * least / sqrt own[j]

            Some(byTriangle l design standard)
