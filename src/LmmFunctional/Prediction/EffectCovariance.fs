namespace LmmFunctional.Analysis

open LmmFunctional.Numerics

/// <summary>Error variances and covariances of estimated functions of fixed and random effects, relative to σ².</summary>
[<RequireQualifiedAccess>]
module internal EffectCovariance =

    // Functions solved for at a time.
    let private chunk = 64

    let private fixedProduct p (left: EffectFunctions) i (right: EffectFunctions) j =
        let mutable sum = 0.0

        for c in 0 .. p - 1 do
            sum <- sum + left.Fixed[i * p + c] * right.Fixed[j * p + c]

        sum

    /// <summary>Cov of function i and function j, from the inverse on the pattern: both functions' effects must have an element
    /// there, as those of two rows with an element of R⁻¹ have.</summary>
    let onPattern (equations: MixedModelEquations) (left: EffectFunctions) i (right: EffectFunctions) j =
        let inverse = equations.Inverse
        let mutable sum = fixedProduct equations.FixedCount left i right j

        for a in left.Random.Starts[i] .. left.Random.Starts[i + 1] - 1 do
            let position, value = left.Random.Positions[a], left.Random.Values[a]

            for b in right.Random.Starts[j] .. right.Random.Starts[j + 1] - 1 do
                let place = equations.Locate(position, right.Random.Positions[b])
                sum <- sum + value * right.Random.Values[b] * inverse[place]

        sum

    let private isOnPattern (equations: MixedModelEquations) (functions: EffectFunctions) i =
        let first, last = functions.Random.Starts[i], functions.Random.Starts[i + 1] - 1
        let mutable isOn = true
        let mutable a = first

        while isOn && a <= last do
            let mutable b = first

            while isOn && b < a do
                isOn <-
                    equations.Locate(functions.Random.Positions[a], functions.Random.Positions[b])
                    >= 0

                b <- b + 1

            a <- a + 1

        isOn

    /// Error variances of all functions: from the inverse on its pattern where they lie on it, else by solving.
    let variances (equations: MixedModelEquations) (functions: EffectFunctions) : float[] =
        let count = functions.Random.Count
        let result: float[] = Array.zeroCreate count
        let off = ResizeArray<int>()

        for k in 0 .. count - 1 do
            if isOnPattern equations functions k then
                result[k] <- onPattern equations functions k functions k
            else
                off.Add k

        let off = off.ToArray()
        let p = equations.FixedCount

        for part in Array.chunkBySize chunk off do
            let own = {
                functions with
                    Random = SparseRows.select part functions.Random
            }

            let half = equations.HalfSolved(own, 0, part.Length)
            let q = half.Length / part.Length

            for c in 0 .. part.Length - 1 do
                let mutable sum = fixedProduct p functions part[c] functions part[c]

                for at in c * q .. (c + 1) * q - 1 do
                    sum <- sum + half[at] * half[at]

                result[part[c]] <- sum

        result

    /// <summary>The error covariances of all functions, k×k by columns; cost O(k) solves and k²q operations.</summary>
    let matrix (equations: MixedModelEquations) (functions: EffectFunctions) : float[] =
        let k = functions.Random.Count
        let p = equations.FixedCount
        let half = equations.HalfSolved(functions, 0, k)
        let q = if k = 0 then 0 else half.Length / k
        let result = Dense.Multiply(k, k, q, half, true, half, false)
        Dense.Add(k, k, p, functions.Fixed, 0, true, functions.Fixed, 0, false, result, 0)
        result
