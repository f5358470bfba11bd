namespace LmmFunctional.Analysis

open System
open System.Collections.Generic
open LmmFunctional.Estimation
// After System, so that Buffer is ours.
open LmmFunctional.Numerics

/// <summary>Blocks of V⁻¹ = R⁻¹ − R⁻¹ZM⁻¹Z'R⁻¹ for the rows of units, and their sums, relative to σ².</summary>
/// <remarks>Where the unknowns that the rows of a unit touch are few and all on the pattern of the factor of M, the selected
/// inverse has what is needed: a row of crossed factors costs its few elements, not a solve through a dense root of a thousand
/// columns.</remarks>
[<Sealed>]
type internal PrecisionBlocks
    (
        residual: ResidualPrecision,
        z: SparseRows,
        cholesky: SparseCholesky,
        supernodeOf: int[],
        locate: int -> int -> int,
        inverse: Lazy<Buffer>
    ) =

    // Unknowns whose pairs are looked up; of more a solve is no dearer.
    static let mostUnknowns = 96

    let solver = PrecisionSolver(residual, z, cholesky, supernodeOf)

    let elementsOf row add = solver.ElementsOf(row, add)

    /// R⁻¹_II.
    let ownBlock (rows: int[]) =
        let m = rows.Length
        let result: float[] = Array.zeroCreate (m * m)

        if m = 1 then
            for at in residual.Starts[rows[0]] .. residual.Starts[rows[0] + 1] - 1 do
                if residual.Columns[at] = rows[0] then
                    result[0] <- residual.Values[at]
        else
            let places = Dictionary<int, int>(m)
            rows |> Array.iteri (fun k row -> places[row] <- k)

            for c in 0 .. m - 1 do
                for at in residual.Starts[rows[c]] .. residual.Starts[rows[c] + 1] - 1 do
                    match places.TryGetValue residual.Columns[at] with
                    | true, k -> result[c + k * m] <- residual.Values[at]
                    | false, _ -> ()

        result

    /// The unknowns that some rows touch, ascending; None when they are many.
    let unknownsOf (rows: int[]) =
        let found = HashSet<int>()
        let mutable c = 0

        while c < rows.Length && found.Count <= mostUnknowns do
            elementsOf rows[c] (fun unknown _ -> found.Add unknown |> ignore)
            c <- c + 1

        if found.Count > mostUnknowns then
            None
        else
            let unknowns = Seq.toArray found
            Array.sortInPlace unknowns
            Some unknowns

    /// (M⁻¹)_UU, u×u by columns; None where it is off the pattern.
    let inverseOn (unknowns: int[]) =
        let u = unknowns.Length
        let result: float[] = Array.zeroCreate (u * u)
        let mutable isOn = true

        for a in 0 .. u - 1 do
            for b in 0..a do
                if isOn then
                    match locate unknowns[a] unknowns[b] with
                    | -1 -> isOn <- false
                    | place ->
                        result[a + b * u] <- inverse.Value[place]
                        result[b + a * u] <- inverse.Value[place]

        if isOn then Some result else None

    let subtractOnPattern (rows: int[]) (unknowns: int[]) (inverse: float[]) (block: float[]) =
        let u, m = unknowns.Length, rows.Length
        let w: float[] = Array.zeroCreate (u * m)

        for c in 0 .. m - 1 do
            elementsOf rows[c] (fun unknown value ->
                let place = c * u + Array.BinarySearch(unknowns, unknown)
                w[place] <- w[place] + value)

        let image: float[] = Array.zeroCreate (u * m)

        for c in 0 .. m - 1 do
            for j in 0 .. u - 1 do
                let value = w[j + c * u]

                // A row touches few of the unknowns.
                if value <> 0.0 then
                    for i in 0 .. u - 1 do
                        image[i + c * u] <- image[i + c * u] + value * inverse[i + j * u]

        solver.SubtractProduct(u, m, w, image, block)

    /// <summary>(V⁻¹)_II of some rows, m×m by columns.</summary>
    member _.Block(rows: int[]) : float[] =
        let block = ownBlock rows

        match unknownsOf rows with
        | Some [||] -> ()
        | Some unknowns ->
            match inverseOn unknowns with
            | Some inverse -> subtractOnPattern rows unknowns inverse block
            | None -> solver.Subtract(rows, block)
        | None -> solver.Subtract(rows, block)

        block

    /// <summary>δ'V⁻¹δ for δ one in the rows of each unit.</summary>
    member _.Sums(units: int[][]) : float[] = solver.Sums units
