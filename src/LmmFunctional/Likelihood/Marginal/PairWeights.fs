namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>Weights of pairs of positions, and of pairs of pairs.</summary>
[<RequireQualifiedAccess>]
module internal PairWeights =

    /// A matrix of a pattern among all M positions, zero elsewhere.
    let spread (positions: int[]) all (a: float[]) =
        let m = positions.Length
        let result: float[] = Array.zeroCreate (all * all)

        for j in 0 .. m - 1 do
            for i in 0 .. m - 1 do
                result[positions[i] + positions[j] * all] <- a[i + j * m]

        result

    /// <summary>Adds the weights w of tr(A X B Y) = Σ w(ij, kl) x_ij y_kl for symmetric matrices: pairs i ≥ j, and pairs of pairs
    /// packed as a lower triangle by rows. Twice too much for each of i = j and k = l.</summary>
    let addPairs (isPresent: bool[]) (a: float[]) (b: float[]) (total: float[]) start =
        let m = isPresent.Length
        let mutable at = start

        for i in 0 .. m - 1 do
            for j in 0..i do
                let length = i * (i + 1) / 2 + j + 1

                if not (isPresent[i] && isPresent[j]) then
                    at <- at + length
                else
                    for k in 0..i do
                        let aik, ajk, bik, bjk = a[k + i * m], a[k + j * m], b[k + i * m], b[k + j * m]

                        for l in 0 .. (if k = i then j else k) do
                            total[at] <-
                                total[at]
                                + a[l + i * m] * bjk
                                + a[l + j * m] * bik
                                + b[l + j * m] * aik
                                + b[l + i * m] * ajk

                            at <- at + 1

    /// The symmetric q×q matrix of packed weights.
    let unpack m (packed: float[]) start =
        let q = m * (m + 1) / 2
        let isDiagonal: bool[] = Array.zeroCreate q

        for i in 0 .. m - 1 do
            isDiagonal[i * (i + 1) / 2 + i] <- true

        let result: float[] = Array.zeroCreate (q * q)

        for x in 0 .. q - 1 do
            for y in 0..x do
                let mutable value = packed[start + x * (x + 1) / 2 + y]

                if isDiagonal[x] then
                    value <- 0.5 * value

                if isDiagonal[y] then
                    value <- 0.5 * value

                result[x + y * q] <- value
                result[y + x * q] <- value

        result
