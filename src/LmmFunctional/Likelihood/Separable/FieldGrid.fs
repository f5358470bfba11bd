namespace LmmFunctional.Estimation

/// <summary>One field of cells, the first axis varying fastest.</summary>
[<Struct; NoComparison; NoEquality>]
type internal Field = {
    /// Its first cell.
    Start: int
    /// Cells along the first axis.
    Length: int
    /// Cells along the second axis; one when there is none.
    Width: int
}

/// <summary>An element of Q = Q₁ ⊗ Q₂ on or below the diagonal that is not zero.</summary>
[<Struct; NoComparison; NoEquality>]
type internal GridElement = {
    First: int
    Second: int
    /// Its place in Q₁ and in Q₂: see <see cref="T:LmmFunctional.Estimation.AutoregressiveLine"/>.
    Along: int
    Across: int
}

/// <summary>The cells of all fields, with or without a plot: one field for each subject.</summary>
[<NoComparison; ReferenceEquality>]
type internal FieldGrid = {
    /// How many correlations there are, one or two.
    Axes: int
    Fields: Field[]
    /// The cell of every row.
    CellOfRow: int[]
    /// All cells, those without a plot too: with them Q is sparse and known in closed form.
    Cells: int
    Elements: GridElement[]
}

[<RequireQualifiedAccess>]
module internal FieldGrid =

    let private elementsOf (field: Field) =
        let place count index =
            if count = 1 then
                AutoregressiveLine.lone
            elif index = 0 || index = count - 1 then
                AutoregressiveLine.outer
            else
                AutoregressiveLine.inner

        seq {
            for j in 0 .. field.Width - 1 do
                for i in 0 .. field.Length - 1 do
                    let cell = field.Start + i + j * field.Length
                    let along, across = place field.Length i, place field.Width j
                    let beside = AutoregressiveLine.beside

                    let element other along across = {
                        First = cell
                        Second = other
                        Along = along
                        Across = across
                    }

                    yield element cell along across

                    if i > 0 then
                        yield element (cell - 1) beside across

                    if j > 0 then
                        yield element (cell - field.Length) along beside

                        if i > 0 then
                            yield element (cell - field.Length - 1) beside beside

                        if i < field.Length - 1 then
                            yield element (cell - field.Length + 1) beside beside
        }

    // The place of every row on the steps of an axis.
    let private placesOf (axis: ResidualAxis) =
        axis.Position |> Array.map (fun position -> int axis.Values[position].[0])

    // The span of the places of each subject.
    let private extent (design: ResidualDesign) (places: int[]) =
        let least = Array.create design.Subjects.Length System.Int32.MaxValue
        let greatest = Array.create design.Subjects.Length -1

        places
        |> Array.iteri (fun row place ->
            let subject = design.SubjectCodes[row]
            least[subject] <- min least[subject] place
            greatest[subject] <- max greatest[subject] place)

        least, Array.map2 (fun least greatest -> max 0 (greatest - least + 1)) least greatest

    /// The number of cells of all fields, before any is made.
    let cellCount (design: ResidualDesign) : float =
        design.Factors
        |> List.map (fun axis -> extent design (placesOf axis) |> snd |> Array.map float)
        |> List.reduce (Array.map2 (*))
        |> Array.sum

    /// <summary>The grid of residuals with one or two autoregressive correlations.</summary>
    /// <remarks>A subject's field spans the positions it has: a part of an autoregressive process is one.</remarks>
    let create (design: ResidualDesign) : FieldGrid =
        let along = placesOf design.Factors.Head

        let across =
            match design.Factors with
            | [ _; second ] -> placesOf second
            | _ -> Array.zeroCreate along.Length

        let (firstAlong, lengths), (firstAcross, widths) =
            extent design along, extent design across

        let starts = Array.map2 (*) lengths widths |> Array.scan (+) 0

        let fields =
            Array.init lengths.Length (fun subject -> {
                Start = starts[subject]
                Length = lengths[subject]
                Width = widths[subject]
            })

        {
            Axes = design.Factors.Length
            Fields = fields
            CellOfRow =
                Array.init along.Length (fun row ->
                    let subject = design.SubjectCodes[row]

                    starts[subject] + along[row] - firstAlong[subject]
                    + (across[row] - firstAcross[subject]) * lengths[subject])
            Cells = Array.last starts
            Elements = fields |> Seq.collect elementsOf |> Array.ofSeq
        }

    /// Whether every cell has a plot.
    let isComplete (grid: FieldGrid) = grid.Cells = grid.CellOfRow.Length

    /// Applies something to all lines of cells along an axis: cells, first cell, stride.
    let lines (grid: FieldGrid) axis (apply: int -> int -> int -> unit) =
        for field in grid.Fields do
            if axis = 0 then
                for j in 0 .. field.Width - 1 do
                    apply field.Length (field.Start + j * field.Length) 1
            else
                for i in 0 .. field.Length - 1 do
                    apply field.Width (field.Start + i) field.Length

    /// <summary>x ← (C₁ ⊗ C₂)x over all cells, or its derivative by the τ of one axis.</summary>
    let multiply (grid: FieldGrid) (processes: AutoregressiveLine[]) (derived: int option) (x: float[]) =
        let longest =
            grid.Fields
            |> Array.fold (fun most field -> max most (max field.Length field.Width)) 0

        let work: float[] = Array.zeroCreate longest

        for axis in 0 .. grid.Axes - 1 do
            lines grid axis (fun count start stride ->
                AutoregressiveLine.multiply processes[axis] (derived = Some axis) count x start stride work)

    /// x ← (Q₁ ⊗ Q₂)x over all cells.
    let multiplyPrecision (grid: FieldGrid) (processes: AutoregressiveLine[]) (x: float[]) =
        for axis in 0 .. grid.Axes - 1 do
            let elements = AutoregressiveLine.precision processes[axis]

            lines grid axis (fun count start stride ->
                AutoregressiveLine.multiplyPrecision elements count x start stride)

    /// Σ over the lines of an axis of a number of their cells.
    let private sumOfLines (grid: FieldGrid) axis (ofCount: int -> float) =
        let mutable sum = 0.0
        lines grid axis (fun count _ _ -> sum <- sum + ofCount count)
        sum

    /// log|C₁ ⊗ C₂|.
    let logDeterminant (grid: FieldGrid) (processes: AutoregressiveLine[]) =
        Seq.init grid.Axes (fun axis ->
            sumOfLines grid axis (fun count -> AutoregressiveLine.logDeterminant count processes[axis]))
        |> Seq.sum

    /// Its derivative by the τ of an axis.
    let logDeterminantSlope (grid: FieldGrid) (processes: AutoregressiveLine[]) axis =
        sumOfLines grid axis (fun count -> AutoregressiveLine.logDeterminantSlope count processes[axis])
