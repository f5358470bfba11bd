namespace LmmFunctional.Estimation

open System
open LmmFunctional.Numerics

/// <summary>First derivatives by the covariance of each term, and covariances of its effects given the data.</summary>
[<RequireQualifiedAccess>]
module internal BlockDerivatives =

    /// Σ over levels of products of score columns of a term, S×S.
    let private scoreProducts (engine: BlockFactor) term size levels firstColumn lastColumn =
        let sum = Array.zeroCreate (size * size)

        for level in 0 .. levels - 1 do
            for column in firstColumn..lastColumn do
                for j in 0 .. size - 1 do
                    let right = engine.ScoreOf(term, level, j, column)

                    for i in 0 .. size - 1 do
                        sum[i + j * size] <- sum[i + j * size] + engine.ScoreOf(term, level, i, column) * right

        sum

    /// Σ over leading levels of (Z'V⁻¹Z)_jj = N A − N K Nᵀ, S×S.
    let private leadTrace (engine: BlockFactor) =
        let cross = engine.Cross
        let order = cross.LeadOrder
        let square = order * order
        let lead = engine.Lead
        let q = cross.Tail
        let sum = Array.zeroCreate square
        let left: float[] = Array.zeroCreate square
        let right: float[] = Array.zeroCreate square

        for level in 0 .. cross.LeadLevels - 1 do
            let at = level * square
            Small.Multiply(order, lead.N, at, false, cross.LeadLead, at, left, 0)

            for k in 0 .. square - 1 do
                sum[k] <- sum[k] + left[k]

            if q > 0 then
                Small.Multiply(order, lead.N, at, false, lead.Gathered, at, left, 0)
                Small.MultiplyByTranspose(order, left, 0, lead.N, at, right, 0)

                for k in 0 .. square - 1 do
                    sum[k] <- sum[k] - right[k]

        sum

    /// Σ over levels of a tail term of (Z'V⁻¹Z)_jj, S×S: λ⁻ᵀ(I − C)λ⁻¹, or S − S ΛCΛᵀ S near a singular λ.
    let private tailTrace (engine: BlockFactor) t =
        let cross = engine.Cross
        let q = cross.Tail
        let size = cross.TailOrders[t]
        let first = cross.TailOffsets[t]
        let levels = cross.TailLevels t
        let sum = Array.zeroCreate (size * size)

        if engine.IsRegular t then
            for level in 0 .. levels - 1 do
                for j in 0 .. size - 1 do
                    for i in 0 .. size - 1 do
                        let element =
                            Symmetric.Get(q, engine.Inverse.Pointer, first + level * size + i, first + level * size + j)

                        sum[i + j * size] <- sum[i + j * size] + (if i = j then 1.0 else 0.0) - element

            let inverseLambda: float[] = Array.zeroCreate (size * size)
            Small.Invert(size, Array.copy engine.LambdaTail[t], inverseLambda, 0)
            let left: float[] = Array.zeroCreate (size * size)
            let result: float[] = Array.zeroCreate (size * size)
            Small.Multiply(size, inverseLambda, 0, true, sum, 0, left, 0)
            Small.Multiply(size, left, 0, false, inverseLambda, 0, result, 0)
            result
        else
            TailProducts.trace engine t

    /// <summary>The parts of ∂f/∂G of every term, in the order of the terms; <c>Solve</c> comes first.</summary>
    let create (engine: BlockFactor) (reml: bool) : TermDerivative[] =
        let cross = engine.Cross
        let order = cross.LeadOrder
        let p = cross.P
        let traceOfLead = if order > 0 then leadTrace engine else [||]

        Array.init (cross.LeadTerms.Length + cross.TailTerms.Length) (fun term ->
            let size, levels, trace =
                match Array.IndexOf(cross.LeadTerms, term) with
                | -1 ->
                    let t = Array.IndexOf(cross.TailTerms, term)
                    cross.TailOrders[t], cross.TailLevels t, tailTrace engine t
                | index ->
                    let at = cross.LeadOffsets[index]
                    let size = cross.LeadOffsets[index + 1] - at

                    let own =
                        Array.init (size * size) (fun k -> traceOfLead[at + k % size + (at + k / size) * order])

                    size, cross.LeadLevels, own

            if reml then
                let products = scoreProducts engine term size levels 0 (p - 2)
                Array.iteri (fun k value -> trace[k] <- trace[k] - value) products

            {
                Trace = trace
                Square = scoreProducts engine term size levels (p - 1) (p - 1)
            })

    /// <summary>λ(M⁻¹)_jjλᵀ of one level of a term, S×S: its effects' covariance given the data and β, divided by σ².</summary>
    /// <remarks>For a leading level W + W K W with W = G N.</remarks>
    let conditionalCovariance (engine: BlockFactor) term level : float[] =
        let cross = engine.Cross
        let order = cross.LeadOrder
        let square = order * order
        let lead = engine.Lead
        let q = cross.Tail

        match Array.IndexOf(cross.LeadTerms, term) with
        | -1 ->
            let t = Array.IndexOf(cross.TailTerms, term)
            let size = cross.TailOrders[t]
            let first = cross.TailOffsets[t] + level * size

            Array.init (size * size) (fun k ->
                Symmetric.Get(q, engine.Weighted.Pointer, first + k % size, first + k / size))
        | index ->
            let at = level * square
            let g: float[] = Array.zeroCreate square
            let w: float[] = Array.zeroCreate square
            let left: float[] = Array.zeroCreate square
            let right: float[] = Array.zeroCreate square
            Small.MultiplyByTranspose(order, engine.LambdaLead, 0, engine.LambdaLead, 0, g, 0)
            Small.Multiply(order, g, 0, false, lead.N, at, w, 0)

            if q > 0 then
                Small.Multiply(order, w, 0, false, lead.Gathered, at, left, 0)
                Small.Multiply(order, left, 0, false, w, 0, right, 0)

            let first = cross.LeadOffsets[index]
            let size = cross.LeadOffsets[index + 1] - first

            Array.init (size * size) (fun k ->
                let element = first + k % size + (first + k / size) * order
                w[element] + right[element])
