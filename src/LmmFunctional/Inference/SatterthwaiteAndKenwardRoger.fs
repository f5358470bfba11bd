namespace LmmFunctional.Analysis

open LmmFunctional.Estimation

/// <summary>Satterthwaite and Kenward-Roger from the moments of the covariance parameters.</summary>
/// <remarks>Everything in the frame where Cov(β̂) is the identity: a contrast l is a = Rᵀl, its variance
/// aᵀa.</remarks>
[<RequireQualifiedAccess>]
module internal SatterthwaiteAndKenwardRoger =

    /// aᵀ M b, M p×p by columns.
    let form (m: float[]) (a: float[]) (b: float[]) =
        let p = a.Length
        let mutable sum = 0.0

        for j in 0 .. p - 1 do
            if b[j] <> 0.0 then
                let mutable column = 0.0

                for i in 0 .. p - 1 do
                    column <- column + a[i] * m[i + j * p]

                sum <- sum + column * b[j]

        sum

    let dot (a: float[]) (b: float[]) =
        Array.fold2 (fun sum x y -> sum + x * y) 0.0 a b

    /// <summary>Satterthwaite's df of one contrast: 2v²/(g'Wg), v = aᵀa and g its derivatives by the
    /// parameters.</summary>
    let degrees (moments: CovarianceMoments) (w: float[,]) (a: float[]) =
        let variance = dot a a
        let gradient = moments.First |> Array.map (fun p -> form p a a)
        let mutable spread = 0.0

        for i in 0 .. gradient.Length - 1 do
            for j in 0 .. gradient.Length - 1 do
                spread <- spread + gradient[i] * w[i, j] * gradient[j]

        if spread > 0.0 then
            2.0 * variance * variance / spread
        else
            infinity

    /// <summary>The df of an F made of independent t², each with its own df (Fai and Cornelius 1996).</summary>
    /// <remarks>ν = 2E/(E − q), E = Σ ν_m/(ν_m − 2); two when one of them has no variance, their mean when they are
    /// equal, as in
    /// lmerTest.</remarks>
    let pooled (degrees: float[]) =
        let q = float degrees.Length

        if degrees.Length = 1 then
            degrees[0]
        elif
            degrees
            |> Array.pairwise
            |> Array.forall (fun (a, b) -> a = b || abs (b - a) < 1e-8)
        then
            Array.average degrees
        elif degrees |> Array.exists (fun df -> df <= 2.0) then
            2.0
        else
            let expectation =
                degrees
                |> Array.sumBy (fun df -> if df = infinity then 1.0 else df / (df - 2.0))

            if expectation > q then
                2.0 * expectation / (expectation - q)
            else
                infinity

    /// <summary>Kenward and Roger's U, p×p, in the frame: their covariance is R(I + 2U)Rᵀ.</summary>
    /// <remarks>U = Σ W_ij (Q_ij − P_iP_j − R_ij/4), Kenward and Roger 1997.</remarks>
    let adjustment (convention: Convention) (moments: CovarianceMoments) (w: float[,]) : float[] =
        let p = moments.Root.Rows
        let k = moments.First.Length
        let result: float[] = Array.zeroCreate (p * p)

        let seconds =
            match convention.SecondDerivatives with
            | SecondDerivatives.Full -> moments.Seconds |> Option.map _.Value
            | SecondDerivatives.Linear -> None

        for i in 0 .. k - 1 do
            for j in 0..i do
                let weight = if i = j then w[i, j] else 2.0 * w[i, j]

                if weight <> 0.0 then
                    let q = moments.Products.Value[CovarianceMoments.pair i j]

                    for index in 0 .. p * p - 1 do
                        let row, column = index % p, index / p
                        let mutable product = 0.0

                        // The symmetric part of P_iP_j.
                        for m in 0 .. p - 1 do
                            product <-
                                product
                                + 0.5 * moments.First[i].[row + m * p] * moments.First[j].[m + column * p]
                                + 0.5 * moments.First[j].[row + m * p] * moments.First[i].[m + column * p]

                        let second =
                            match seconds with
                            | Some seconds -> 0.25 * seconds[CovarianceMoments.pair i j].[index]
                            | None -> 0.0

                        result[index] <- result[index] + weight * (q[index] - product - second)

        result

    let private ratio numerator denominator =
        if abs numerator < 1e-14 && abs denominator < 1e-14 then
            1.0
        else
            numerator / denominator

    /// <summary>Kenward and Roger's scale λ and df of the F for rows that are orthonormal in the frame.</summary>
    /// <remarks>As published for pbkrtest by Halekoh and Højsgaard 2014, with its guards against division by zero.</remarks>
    let kenwardRoger (moments: CovarianceMoments) (w: float[,]) (rows: float[][]) : struct (float * float) =
        let q = float rows.Length
        let k = moments.First.Length

        let small =
            moments.First
            |> Array.map (fun p -> Array2D.init rows.Length rows.Length (fun a b -> form p rows[a] rows[b]))

        let trace (m: float[,]) =
            Seq.init rows.Length (fun a -> m[a, a]) |> Seq.sum

        let both (m: float[,]) (n: float[,]) =
            let mutable sum = 0.0

            for a in 0 .. rows.Length - 1 do
                for b in 0 .. rows.Length - 1 do
                    sum <- sum + m[a, b] * n[b, a]

            sum

        let total (f: float[,] -> float[,] -> float) =
            let mutable sum = 0.0

            for i in 0 .. k - 1 do
                for j in 0 .. k - 1 do
                    if w[i, j] <> 0.0 then
                        sum <- sum + w[i, j] * f small[i] small[j]

            sum

        let a1 = total (fun m n -> trace m * trace n)
        let a2 = total both

        if a2 <= 0.0 then
            struct (1.0, infinity)
        elif rows.Length = 1 then
            // What the formulas below come to, which cancel where df is near 0 or 2, or large.
            struct (1.0, 2.0 / a2)
        else
            let b = (a1 + 6.0 * a2) / (2.0 * q)
            let g = ((q + 1.0) * a1 - (q + 4.0) * a2) / ((q + 2.0) * a2)
            let divisor = 3.0 * q + 2.0 * (1.0 - g)
            let v0 = 1.0 + g / divisor * b
            let v1 = 1.0 - (q - g) / divisor * b
            let v2 = 1.0 - (q + 2.0 - g) / divisor * b
            let v0 = if abs v0 < 1e-10 then 0.0 else v0
            let mean = ratio (1.0 - a2 / q) v1
            let rho = mean * mean * v0 / (q * v2)
            let df = 4.0 + (q + 2.0) / (q * rho - 1.0)

            let scale =
                if abs (df - 2.0) < 1e-2 then
                    1.0
                else
                    df * (1.0 - a2 / q) / (df - 2.0)

            struct (scale, df)
