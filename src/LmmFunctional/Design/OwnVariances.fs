namespace LmmFunctional.Estimation

open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>Levels with variances of their own, which their rows alone must tell.</summary>
[<RequireQualifiedAccess>]
module internal OwnVariances =

    /// Rows that share a variance with no others: what they are called, and the factor that the matrix is one of.
    [<NoComparison; NoEquality>]
    type OwnVariance = {
        Structure: string
        Variable: string
        Level: string
        Within: (string * string) option
        Rows: int[]
    }

    let rowsBy count (codeOf: int -> int) rows =
        let groups = Array.init count (fun _ -> ResizeArray<int>())

        for row in 0 .. rows - 1 do
            groups[codeOf row].Add row

        groups |> Array.map (fun group -> group.ToArray())

    /// The groups of rows of an axis whose levels have variances of their own.
    let ofAxis (residual: ResidualDesign) (axis: ResidualAxis) =
        let m = axis.Labels.Length

        let groups, codeOf =
            match residual.Levels with
            | Some(_, levels, codes) -> levels.Length, fun row -> codes[row]
            | None -> 1, fun _ -> 0

        rowsBy (groups * m) (fun row -> codeOf row * m + axis.Position[row]) axis.Position.Length
        |> Array.mapi (fun at rows -> {
            Structure = ResidualText.correlations residual.Term
            Variable = axis.Name
            Level = axis.Labels[at % m]
            Within =
                residual.Levels
                |> Option.map (fun (factor, levels, _) -> factor, levels[at / m])
            Rows = rows
        })

    /// The groups of rows of a variance function by the levels of a factor.
    let ofFunctions (residual: ResidualDesign) =
        residual.Variances
        |> List.collect (fun (variance, values) ->
            match variance, values with
            | VarianceFunction.PerGroup factor, VarianceValues.Groups(levels, codes) ->
                rowsBy levels.Length (fun row -> codes[row]) codes.Length
                |> Array.mapi (fun level rows -> {
                    Structure = ResidualText.variance variance
                    Variable = VariableTyping.nameOf factor
                    Level = levels[level]
                    Within = None
                    Rows = rows
                })
                |> List.ofArray
            | _ -> [])

    // What is left of a response beyond this share of it is no rounding.
    let rounding = 1e-12

    /// Whether fixed effects can fit these rows of the response to the last digit.
    let isFitted (design: Design) (rows: int[]) =
        let x = design.Fixed.Matrix
        let n = rows.Length

        let columns =
            [| 0 .. x.Columns - 1 |]
            |> Array.filter (fun column -> rows |> Array.exists (fun row -> x[row, column] <> 0.0))
            |> Array.map (fun column -> rows |> Array.map (fun row -> x[row, column]))

        let kept =
            (Rank.find n columns.Length (Array.concat columns)).Kept
            |> Array.map (fun k -> columns[k])

        let response =
            rows
            |> Array.map (fun row ->
                design.Response[row]
                - (design.Offset
                   |> Option.map (fun offset -> offset[row])
                   |> Option.defaultValue 0.0))

        if kept.Length >= n then
            true
        else
            let p = kept.Length + 1

            let triangle =
                Rank.triangle n p (Array.create p 1.0) (Array.append (Array.concat kept) response)

            let length = Dense.Dot(response, response) |> sqrt
            abs triangle[p * p - 1] <= rounding * length

    let ownVariances (design: Design) (residual: ResidualDesign) =
        let groups = [
            for axis in residual.Factors do
                if (Catalogue.modelOf axis.Structure).HasOwnVariances then
                    yield! ofAxis residual axis

            yield! ofFunctions residual
        ]

        [
            for group in groups do
                match group.Rows with
                | [||] -> ()
                | [| row |] ->
                    LmmError.SeenOnce(group.Structure, group.Variable, group.Level, group.Within, design.Rows[row] + 1)
                | rows when isFitted design rows ->
                    LmmError.LevelFitted(group.Structure, group.Variable, group.Level, group.Within, rows.Length)
                | _ -> ()
        ]

    // So many values that are seen once are no visits that somebody missed.
    let many = 10

    /// In one sentence that nearly all values of an axis are seen once.
    let mostlySeenOnce (residual: ResidualDesign) = [
        for axis in residual.Factors do
            if (Catalogue.modelOf axis.Structure).HasOwnVariances then
                let once =
                    ofAxis residual axis
                    |> Seq.filter (fun group -> group.Rows.Length = 1)
                    |> Seq.length

                if once > many && 2 * once > axis.Labels.Length then
                    LmmError.MostlySeenOnce(
                        ResidualText.correlations residual.Term,
                        axis.Name,
                        axis.Labels.Length,
                        once
                    )
    ]
