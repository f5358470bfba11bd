namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>Predicted random effects of a marginal model: û = GZ'V⁻¹(y − Xβ), and what is left of their covariance.</summary>
[<RequireQualifiedAccess>]
module internal MarginalEffects =

    /// V⁻¹(y − Xβ)/r for every row of the design, from the whitened columns' coefficients (β, −1).
    let scores (model: MarginalModel) (factor: MarginalFactor) : float[] =
        let standard = model.Standard
        let p = model.FixedCount
        let columns = p + 1
        let inverse = MarginalSweep.inverseFactor p factor.FixedFactor
        let r = factor.FixedFactor[columns * columns - 1]
        let ly: float[] = Array.init p (fun i -> factor.FixedFactor[p + i * columns])
        let beta = Dense.Multiply(p, 1, p, inverse, true, ly, false)
        let residuals = Array.copy standard.Response

        for c in 0 .. p - 1 do
            let column = standard.Fixed[c]

            for row in 0 .. residuals.Length - 1 do
                residuals[row] <- residuals[row] - beta[c] * column[row]

        let result: float[] = Array.zeroCreate residuals.Length

        for index in 0 .. model.Patterns.Length - 1 do
            let pattern = model.Patterns[index]
            let own = pattern.Members |> Array.map (fun row -> residuals[row] / r)
            Dense.Solve(pattern.Size, pattern.Count, factor.Factors[index], false, own)
            Dense.Solve(pattern.Size, pattern.Count, factor.Factors[index], true, own)
            pattern.Members |> Array.iteri (fun at row -> result[row] <- own[at])

        result

    /// Σ of z v over the rows of each level, for all effects of a term: S values for each level.
    let scoresOfTerm (term: StandardisedTerm) (scores: float[]) : float[] =
        let s = term.Columns.Length
        let result: float[] = Array.zeroCreate (term.Levels * s)

        for k in 0 .. s - 1 do
            let column = term.Columns[k]

            for row in 0 .. scores.Length - 1 do
                let at = term.Codes[row] * s + k
                result[at] <- result[at] + column[row] * scores[row]

        result

    /// G − GZ'V⁻¹ZG of every level of a term, S×S each: the covariance of its effects given the data and β, over σ².
    let conditional (model: MarginalModel) (factor: MarginalFactor) t (g: float[]) : float[] =
        let term = model.Standard.Terms[t]
        let s = term.Columns.Length
        let result: float[] = Array.zeroCreate (term.Levels * s * s)

        // A level without rows keeps the covariance it had.
        for level in 0 .. term.Levels - 1 do
            Array.blit g 0 result (level * s * s) (s * s)

        for index in 0 .. model.Patterns.Length - 1 do
            let pattern = model.Patterns[index]
            let own = pattern.Terms[t]
            let m = pattern.Size

            for level in 0 .. Array.max own.Codes do
                // L⁻¹ Z G, with the rows of this level.
                let design =
                    Array.init (m * s) (fun at ->
                        if own.Codes[at % m] = level then
                            own.Columns[at / m].[at % m]
                        else
                            0.0)

                let half = Dense.Multiply(m, s, s, design, false, g, false)
                Dense.Solve(m, s, factor.Factors[index], false, half)
                let taken = Dense.Multiply(s, s, m, half, true, half, false)
                let left = Array.map2 (-) g taken
                let first = own.Codes |> Array.findIndex ((=) level)

                for block in 0 .. pattern.Count - 1 do
                    let actual = term.Codes[pattern.Members[block * m + first]]
                    Array.blit left 0 result (actual * s * s) (s * s)

        result

    /// The columns of Z'V⁻¹X L⁻ᵀ of every level of a term, LLᵀ = X'V⁻¹X: S×p each.
    let fixedScores (model: MarginalModel) (factor: MarginalFactor) t : float[] =
        let standard = model.Standard
        let term = standard.Terms[t]
        let s = term.Columns.Length
        let p = model.FixedCount
        let inverse = MarginalSweep.inverseFactor p factor.FixedFactor
        let result: float[] = Array.zeroCreate (term.Levels * s * p)

        for index in 0 .. model.Patterns.Length - 1 do
            let pattern = model.Patterns[index]
            let m = pattern.Size

            for block in 0 .. pattern.Count - 1 do
                let rows = Array.sub pattern.Members (block * m) m
                let solved = Array.init (m * p) (fun at -> standard.Fixed[at / m].[rows[at % m]])
                Dense.Solve(m, p, factor.Factors[index], false, solved)
                Dense.Solve(m, p, factor.Factors[index], true, solved)
                let scaled = Dense.Multiply(m, p, p, solved, false, inverse, true)

                for i in 0 .. m - 1 do
                    let start = term.Codes[rows[i]] * s * p

                    for c in 0 .. p - 1 do
                        for k in 0 .. s - 1 do
                            let at = start + k + c * s
                            result[at] <- result[at] + pattern.Terms[t].Columns[k].[i] * scaled[i + c * m]

        result
