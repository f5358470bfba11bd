namespace LmmFunctional.Analysis

open System
open System.Collections.Generic
open LmmFunctional.Estimation
// After System, so that Buffer is ours.
open LmmFunctional.Numerics

/// <summary>What units of rows take from R⁻¹ on the way to V⁻¹ = R⁻¹ − R⁻¹ZM⁻¹Z'R⁻¹, by F⁻¹Z'R⁻¹δ with M = FFᵀ.</summary>
[<Sealed>]
type internal PrecisionSolver(residual: ResidualPrecision, z: SparseRows, cholesky: SparseCholesky, supernodeOf: int[])
    =

    // Units that are solved for at once.
    static let chunk = 64

    // Products above this are worth the dense kernels.
    static let small = 20_000

    let tree = cholesky.Tree
    let q = tree.Size

    /// Each element (unknown, value) of Z'R⁻¹δ for δ one in a row; an unknown may come several times.
    let elementsOf row (add: int -> float -> unit) =
        for at in residual.Starts[row] .. residual.Starts[row + 1] - 1 do
            let other = residual.Columns[at]
            let precision = residual.Values[at]

            for k in z.Starts[other] .. z.Starts[other + 1] - 1 do
                add z.Positions[k] (precision * z.Values[k])

    /// Takes A'B, A and B k×m by columns, symmetric, off an m×m block.
    let subtractProduct k m (a: float[]) (b: float[]) (block: float[]) =
        if k * m * m > small then
            let product = Dense.Multiply(m, m, k, a, true, b, false)

            for d in 0 .. m - 1 do
                for c in d .. m - 1 do
                    block[c + d * m] <- block[c + d * m] - product[c + d * m]
        else
            for d in 0 .. m - 1 do
                for c in d .. m - 1 do
                    let mutable sum = 0.0

                    for i in 0 .. k - 1 do
                        sum <- sum + a[i + c * k] * b[i + d * k]

                    block[c + d * m] <- block[c + d * m] - sum

        for d in 0 .. m - 1 do
            for c in d + 1 .. m - 1 do
                block[d + c * m] <- block[c + d * m]

    /// The supernodes that Z'R⁻¹δ of rows touches with their ancestors, ascending.
    let pathOf (rows: int[]) =
        let supernodes = SortedSet<int>()

        let rec climb s =
            if s >= 0 && supernodes.Add s then
                climb tree.Parents[s]

        for row in rows do
            elementsOf row (fun unknown _ -> climb supernodeOf[unknown])

        Seq.toArray supernodes

    /// Z'R⁻¹δ of a row in a column of the workspace, cleared along a path.
    let load (path: int[]) row (work: Buffer) at =
        for s in path do
            work.Span.Slice(at + tree.Columns[s], tree.Width s).Clear()

        elementsOf row (fun unknown value -> work[at + unknown] <- work[at + unknown] + value)

    let subtractBySolving (rows: int[]) (block: float[]) =
        let m = rows.Length
        let path = pathOf rows

        if path.Length > 0 then
            let work = Workspace.Rent(q * m)

            for c in 0 .. m - 1 do
                load path rows[c] work (c * q)

            SparseSolve.ForwardOn(cholesky, path, m, work.Pointer)
            let k = path |> Array.sumBy tree.Width
            let solved: float[] = Array.zeroCreate (k * m)

            for c in 0 .. m - 1 do
                let mutable at = c * k

                for s in path do
                    let width = tree.Width s
                    work.Span.Slice(c * q + tree.Columns[s], width).CopyTo(Span<float>(solved, at, width))
                    at <- at + width

            Workspace.Return work
            subtractProduct k m solved solved block

    /// Each element (unknown, value) of Z'R⁻¹δ for δ one in a row; an unknown may come several times.
    member _.ElementsOf(row: int, add: int -> float -> unit) = elementsOf row add

    /// Takes A'B, A and B k×m by columns, symmetric, off an m×m block.
    member _.SubtractProduct(k: int, m: int, a: float[], b: float[], block: float[]) = subtractProduct k m a b block

    /// Takes δ'R⁻¹ZM⁻¹Z'R⁻¹δ of some rows off their m×m block.
    member _.Subtract(rows: int[], block: float[]) = subtractBySolving rows block

    /// <summary>δ'V⁻¹δ for δ one in the rows of each unit, by one solve of many right-hand sides.</summary>
    member _.Sums(units: int[][]) : float[] =
        let isIn: int[] = Array.create residual.Rows -1
        let result: float[] = Array.zeroCreate units.Length

        for index in 0 .. units.Length - 1 do
            for row in units[index] do
                isIn[row] <- index

            for row in units[index] do
                for at in residual.Starts[row] .. residual.Starts[row + 1] - 1 do
                    if isIn[residual.Columns[at]] = index then
                        result[index] <- result[index] + residual.Values[at]

        if q > 0 && units.Length > 0 then
            let work = Workspace.Rent(q * min chunk units.Length)

            for first in 0..chunk .. units.Length - 1 do
                let count = min chunk (units.Length - first)
                work.Span.Slice(0, q * count).Clear()

                for c in 0 .. count - 1 do
                    for row in units[first + c] do
                        elementsOf row (fun unknown value ->
                            let place = c * q + unknown
                            work[place] <- work[place] + value)

                SparseSolve.Forward(cholesky, count, work.Pointer)

                for c in 0 .. count - 1 do
                    let mutable sum = 0.0

                    for i in c * q .. c * q + q - 1 do
                        sum <- sum + work[i] * work[i]

                    result[first + c] <- result[first + c] - sum

            Workspace.Return work

        result
