namespace LmmFunctional.Numerics

open System

/// <summary>Small square matrices in flat arrays, by columns, at an offset: the S×S blocks of a random term.</summary>
[<AbstractClass; Sealed>]
type internal Small private () =

    /// c ← op(a) b, all n×n; c must not overlap a or b.
    static member Multiply(n: int, a: float[], atA: int, transposeA: bool, b: float[], atB: int, c: float[], atC: int) =
        for j in 0 .. n - 1 do
            for i in 0 .. n - 1 do
                let mutable sum = 0.0

                for k in 0 .. n - 1 do
                    let element =
                        if transposeA then
                            a[atA + k + i * n]
                        else
                            a[atA + i + k * n]

                    sum <- sum + element * b[atB + k + j * n]

                c[atC + i + j * n] <- sum

    /// c ← a bᵀ, all n×n; c must not overlap a or b.
    static member MultiplyByTranspose(n: int, a: float[], atA: int, b: float[], atB: int, c: float[], atC: int) =
        for j in 0 .. n - 1 do
            for i in 0 .. n - 1 do
                let mutable sum = 0.0

                for k in 0 .. n - 1 do
                    sum <- sum + a[atA + i + k * n] * b[atB + j + k * n]

                c[atC + i + j * n] <- sum

    /// c ← aᵀa, n×n, for the block of a at an offset.
    static member MultiplyTransposed(n: int, a: float[], at: int, c: float[]) =
        for j in 0 .. n - 1 do
            for i in 0 .. n - 1 do
                let mutable sum = 0.0

                for k in 0 .. n - 1 do
                    sum <- sum + a[at + k + i * n] * a[at + k + j * n]

                c[i + j * n] <- sum

    /// aᵀ as a new array.
    static member transposed (n: int) (a: float[]) : float[] =
        Array.init (n * n) (fun k -> a[k / n + k % n * n])

    /// a ← L, lower triangular with a zero upper triangle, where a = L Lᵀ; false when a is not positive definite.
    static member Cholesky(n: int, a: float[], at: int) : bool =
        let mutable positive = true

        for j in 0 .. n - 1 do
            let mutable pivot = a[at + j + j * n]

            for k in 0 .. j - 1 do
                pivot <- pivot - a[at + j + k * n] * a[at + j + k * n]

            if not (pivot > 0.0) then
                positive <- false

            let root = sqrt pivot
            a[at + j + j * n] <- root

            for i in j + 1 .. n - 1 do
                let mutable sum = a[at + i + j * n]

                for k in 0 .. j - 1 do
                    sum <- sum - a[at + i + k * n] * a[at + j + k * n]

                a[at + i + j * n] <- sum / root
                a[at + j + i * n] <- 0.0

        positive

    /// b ← L⁻¹ b for a lower triangular l (n×n) and b with m columns.
    static member SolveLower(n: int, l: float[], atL: int, m: int, b: float[], atB: int) =
        // Four columns at a time: four sums that do not wait for each other, each added up as for one column.
        let inFours = m / 4 * 4

        for j in 0..4 .. inFours - 1 do
            let first = atB + j * n
            let second, third, fourth = first + n, first + 2 * n, first + 3 * n

            for i in 0 .. n - 1 do
                let mutable s0 = b[first + i]
                let mutable s1 = b[second + i]
                let mutable s2 = b[third + i]
                let mutable s3 = b[fourth + i]

                for k in 0 .. i - 1 do
                    let factor = l[atL + i + k * n]
                    s0 <- s0 - factor * b[first + k]
                    s1 <- s1 - factor * b[second + k]
                    s2 <- s2 - factor * b[third + k]
                    s3 <- s3 - factor * b[fourth + k]

                let pivot = l[atL + i + i * n]
                b[first + i] <- s0 / pivot
                b[second + i] <- s1 / pivot
                b[third + i] <- s2 / pivot
                b[fourth + i] <- s3 / pivot

        for j in inFours .. m - 1 do
            for i in 0 .. n - 1 do
                let mutable sum = b[atB + i + j * n]

                for k in 0 .. i - 1 do
                    sum <- sum - l[atL + i + k * n] * b[atB + k + j * n]

                b[atB + i + j * n] <- sum / l[atL + i + i * n]

    /// b ← L⁻ᵀ b.
    static member SolveLowerTransposed(n: int, l: float[], atL: int, m: int, b: float[], atB: int) =
        let inFours = m / 4 * 4

        for j in 0..4 .. inFours - 1 do
            let first = atB + j * n
            let second, third, fourth = first + n, first + 2 * n, first + 3 * n

            for i in n - 1 .. -1 .. 0 do
                let mutable s0 = b[first + i]
                let mutable s1 = b[second + i]
                let mutable s2 = b[third + i]
                let mutable s3 = b[fourth + i]

                for k in i + 1 .. n - 1 do
                    let factor = l[atL + k + i * n]
                    s0 <- s0 - factor * b[first + k]
                    s1 <- s1 - factor * b[second + k]
                    s2 <- s2 - factor * b[third + k]
                    s3 <- s3 - factor * b[fourth + k]

                let pivot = l[atL + i + i * n]
                b[first + i] <- s0 / pivot
                b[second + i] <- s1 / pivot
                b[third + i] <- s2 / pivot
                b[fourth + i] <- s3 / pivot

        for j in inFours .. m - 1 do
            for i in n - 1 .. -1 .. 0 do
                let mutable sum = b[atB + i + j * n]

                for k in i + 1 .. n - 1 do
                    sum <- sum - l[atL + k + i * n] * b[atB + k + j * n]

                b[atB + i + j * n] <- sum / l[atL + i + i * n]

    /// <summary>b (n×m) ← a⁻¹ b for a general a, by elimination with partial pivoting. Overwrites a.</summary>
    static member Solve(n: int, m: int, a: float[], b: float[]) =
        let subtract (source: float[]) from (target: float[]) into count (factor: float) =
            if count > 0 then
                VectorKernel.AddScaled(count, -factor, source, from, target, into)

        for k in 0 .. n - 1 do
            let mutable best = k

            for i in k + 1 .. n - 1 do
                if abs a[i + k * n] > abs a[best + k * n] then
                    best <- i

            let exchange (own: float[]) columns =
                for j in 0 .. columns - 1 do
                    let swap = own[k + j * n]
                    own[k + j * n] <- own[best + j * n]
                    own[best + j * n] <- swap

            if best <> k then
                exchange a n
                exchange b m

            let pivot = 1.0 / a[k + k * n]

            for i in k + 1 .. n - 1 do
                a[i + k * n] <- a[i + k * n] * pivot

            for j in k + 1 .. n - 1 do
                subtract a (k + 1 + k * n) a (k + 1 + j * n) (n - k - 1) a[k + j * n]

            for j in 0 .. m - 1 do
                subtract a (k + 1 + k * n) b (k + 1 + j * n) (n - k - 1) b[k + j * n]

        for j in 0 .. m - 1 do
            for k in n - 1 .. -1 .. 0 do
                let value = b[k + j * n] / a[k + k * n]
                b[k + j * n] <- value
                subtract a (k * n) b (j * n) k value

    /// <summary>x ← a⁻¹ for a general a, by Gauss-Jordan elimination with partial pivoting. Overwrites a.</summary>
    static member Invert(n: int, a: float[], x: float[], at: int) =
        if n = 1 then
            x[at] <- 1.0 / a[0]
        else
            Array.Clear(x, at, n * n)

            for i in 0 .. n - 1 do
                x[at + i + i * n] <- 1.0

            for k in 0 .. n - 1 do
                let mutable best = k

                for i in k + 1 .. n - 1 do
                    if abs a[i + k * n] > abs a[best + k * n] then
                        best <- i

                if best <> k then
                    for j in 0 .. n - 1 do
                        let swap = a[k + j * n]
                        a[k + j * n] <- a[best + j * n]
                        a[best + j * n] <- swap
                        let swap = x[at + k + j * n]
                        x[at + k + j * n] <- x[at + best + j * n]
                        x[at + best + j * n] <- swap

                let pivot = 1.0 / a[k + k * n]

                for j in 0 .. n - 1 do
                    a[k + j * n] <- a[k + j * n] * pivot
                    x[at + k + j * n] <- x[at + k + j * n] * pivot

                for i in 0 .. n - 1 do
                    let factor = a[i + k * n]

                    if i <> k && factor <> 0.0 then
                        for j in 0 .. n - 1 do
                            a[i + j * n] <- a[i + j * n] - factor * a[k + j * n]
                            x[at + i + j * n] <- x[at + i + j * n] - factor * x[at + k + j * n]
