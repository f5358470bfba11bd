namespace LmmFunctional.Estimation

/// <summary>The lower triangular factor L of ΛΛᵀ by rotations of Λ's columns, n×n by columns: zero pivots have zero columns.</summary>
/// <remarks>Never by factoring the product: a small pivot left of a zero one would lose half its digits there, and the zero
/// would come back as the root of a rounding error. Signs of columns are as they come.</remarks>
[<RequireQualifiedAccess>]
module internal LowerFactor =

    // Relative to its row, a pivot below this is rounding.
    let private zero = 1e-14

    /// Turns columns a and b so that b has a zero in the row; entries above the row are zero in both.
    let private rotate n (lambda: float[]) row a b =
        let x, y = lambda[row + a * n], lambda[row + b * n]

        if y <> 0.0 then
            let length = sqrt (x * x + y * y)
            let cosine, sine = x / length, y / length

            for i in row .. n - 1 do
                let left, right = lambda[i + a * n], lambda[i + b * n]
                lambda[i + a * n] <- cosine * left + sine * right
                lambda[i + b * n] <- cosine * right - sine * left

            lambda[row + b * n] <- 0.0

    /// The columns of L, each told its place by the row of its pivot and by how many there are before it.
    let private placed (placeOf: int -> int -> int) n (lambda: float[]) : float[] =
        let turned = Array.copy lambda
        let factor: float[] = Array.zeroCreate (n * n)

        let rec place count row (columns: int list) =
            match columns with
            | first :: others when row < n ->
                let size =
                    sqrt (Seq.init n (fun j -> lambda[row + j * n] * lambda[row + j * n]) |> Seq.sum)

                others |> List.iter (rotate n turned row first)

                if abs turned[row + first * n] > zero * size then
                    Array.blit turned (row + first * n) factor (row + placeOf row count * n) (n - row)
                    place (count + 1) (row + 1) others
                else
                    turned[row + first * n] <- 0.0
                    place count (row + 1) columns
            | _ -> ()

        place 0 0 [
            for j in 0 .. n - 1 do
                if Seq.exists (fun i -> lambda[i + j * n] <> 0.0) (seq { 0 .. n - 1 }) then
                    j
        ]

        factor

    /// L for any n×n Λ.
    let ofColumns n (lambda: float[]) : float[] = placed (fun row _ -> row) n lambda

    /// The same columns with those that are zero behind the others: loadings, zero above the diagonal.
    let loadings n (lambda: float[]) : float[] =
        placed (fun _ before -> before) n lambda
