namespace LmmFunctional.Analysis

open System
open System.Collections.Generic
open FSharp.NativeInterop
open LmmFunctional.Estimation
// After System, so that Buffer is ours.
open LmmFunctional.Numerics

#nowarn "9"

/// <summary>What units of rows take from R⁻¹ on the way to V⁻¹ = R⁻¹ − R⁻¹ZM⁻¹Z'R⁻¹, by F⁻¹Z'R⁻¹δ with M = FFᵀ.</summary>
/// <remarks>Rows of crossed factors meet few columns of the wide root of F, whose inverse is at hand: they are solved for as far
/// as the root only.</remarks>
[<Sealed>]
type internal PrecisionSolver
    (residual: ResidualPrecision, z: SparseRows, cholesky: SparseCholesky, supernodeOf: int[], inverse: Lazy<Buffer>) =

    // Units that are solved for at once.
    static let chunk = 64

    // Products above this are worth the dense kernels.
    static let small = 20_000

    // Columns of a root that are worth not solving for.
    static let wide = 64

    let tree = cholesky.Tree
    let q = tree.Size

    // The last supernode where it is wide, else −1.
    let root =
        let last = tree.Count - 1

        if last >= 0 && tree.Parents[last] < 0 && tree.Width last >= wide then
            last
        else
            -1

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

    /// The same with the rows solved for as far as the root: w'(M⁻¹)w of what arrives there, A + Aᵀ with A from the lower triangle
    /// of its inverse. False where so much arrives that solving on is no dearer.
    let subtractAboveRoot (rows: int[]) (block: float[]) =
        let m = rows.Length
        let first, width = tree.Columns[root], tree.Width root
        let below = tree.PanelStarts[root]
        let work = Workspace.Rent(2 * q)
        let positions = ResizeArray<int>()
        let values = ResizeArray<float>()
        let starts: int[] = Array.zeroCreate (m + 1)

        for c in 0 .. m - 1 do
            let path = pathOf [| rows[c] |]
            load path rows[c] work 0
            let before = path |> Array.filter ((<>) root)
            SparseSolve.ForwardOn(cholesky, before, 1, work.Pointer)

            for s in path do
                for i in tree.Columns[s] .. tree.Columns[s + 1] - 1 do
                    let value = work[i]

                    if value <> 0.0 then
                        positions.Add i
                        values.Add value

            starts[c + 1] <- positions.Count

        let isSparse = positions.Count < m * width / 4

        if isSparse then
            let image = work.Span.Slice(q, q)
            image.Clear()

            for d in 0 .. m - 1 do
                for at in starts[d] .. starts[d + 1] - 1 do
                    let position, value = positions[at], values[at]

                    if position < first then
                        work[q + position] <- 0.5 * value
                    else
                        let j = position - first
                        let column = below + j * (width + 1)
                        work[q + position] <- work[q + position] + 0.5 * value * inverse.Value[column]

                        VectorKernel.AddScaled(
                            width - j - 1,
                            value,
                            NativePtr.add inverse.Value.Pointer (column + 1),
                            NativePtr.add work.Pointer (q + position + 1)
                        )

                for c in 0 .. m - 1 do
                    let mutable sum = 0.0

                    for at in starts[c] .. starts[c + 1] - 1 do
                        sum <- sum + values[at] * work[q + positions[at]]

                    block[c + d * m] <- block[c + d * m] - sum
                    block[d + c * m] <- block[d + c * m] - sum

                for at in starts[d] .. starts[d + 1] - 1 do
                    if positions[at] < first then
                        work[q + positions[at]] <- 0.0

                work.Span.Slice(q + first, width).Clear()

        Workspace.Return work
        isSparse

    /// Each element (unknown, value) of Z'R⁻¹δ for δ one in a row; an unknown may come several times.
    member _.ElementsOf(row: int, add: int -> float -> unit) = elementsOf row add

    /// Takes A'B, A and B k×m by columns, symmetric, off an m×m block.
    member _.SubtractProduct(k: int, m: int, a: float[], b: float[], block: float[]) = subtractProduct k m a b block

    /// Takes δ'R⁻¹ZM⁻¹Z'R⁻¹δ of some rows off their m×m block.
    member _.Subtract(rows: int[], block: float[]) =
        if root < 0 || not (subtractAboveRoot rows block) then
            subtractBySolving rows block

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
