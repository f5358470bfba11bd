namespace LmmFunctional

/// <summary>Whether the rows can tell the parameters of a structure of the residuals.</summary>
[<RequireQualifiedAccess>]
module internal Identification =

    /// The levels of an unstructured axis with a single row, for each level of the factor that has matrices of its own.
    let private seenOnce (rows: int[]) (residual: ResidualDesign) (axis: ResidualAxis) = [
        let m = axis.Labels.Length

        let groups, codes =
            match residual.Levels with
            | Some(_, levels, codes) -> levels.Length, codes
            | None -> 1, Array.zeroCreate axis.Position.Length

        let counts: int[] = Array.zeroCreate (groups * m)
        let last: int[] = Array.zeroCreate (groups * m)

        for row in 0 .. axis.Position.Length - 1 do
            let at = codes[row] * m + axis.Position[row]
            counts[at] <- counts[at] + 1
            last[at] <- row

        for at in 0 .. counts.Length - 1 do
            if counts[at] = 1 then
                let within =
                    residual.Levels
                    |> Option.map (fun (factor, levels, _) -> factor, levels[at / m])

                LmmError.SeenOnce(
                    ResidualText.correlations residual.Term,
                    axis.Name,
                    axis.Labels[at % m],
                    within,
                    rows[last[at]] + 1
                )
    ]

    // So many values that are seen once are no visits that somebody missed.
    let private many = 10

    /// The levels that have one row, or in one sentence that nearly all are such.
    let private problemsOf (rows: int[]) (residual: ResidualDesign) (axis: ResidualAxis) =
        let once = seenOnce rows residual axis

        if once.Length > many && 2 * once.Length > axis.Labels.Length then
            let structure = ResidualText.correlations residual.Term

            [
                LmmError.MostlySeenOnce(structure, axis.Name, axis.Labels.Length, once.Length)
            ]
        else
            once

    /// <summary>The design, if its residuals can be estimated.</summary>
    /// <returns>Or the levels of an unstructured matrix that have one row: a variance and all its covariances from one
    /// number, where the likelihood has no maximum.</returns>
    let check (design: Design) : Result<Design, LmmError list> =
        let problems = [
            match design.Residual with
            | None -> ()
            | Some residual ->
                for axis in residual.Factors do
                    if axis.Structure = Structure.Unstructured then
                        yield! problemsOf design.Rows residual axis
        ]

        Problems.unless problems design
