namespace LmmFunctional.Analysis

open System
open LmmFunctional

/// <summary>Tables of marginal means and of their comparisons, a family each.</summary>
[<RequireQualifiedAccess>]
module MarginalTables =

    let private digits = 4
    let private left header = header, Alignment.Left
    let private right header = header, Alignment.Right

    let private notEstimable = "non-est"

    /// The cells of one number of each row; rows without an estimate say so once.
    let private cells format (found: Result<Estimate, LmmError> list) (value: Estimate -> float) : string list =
        let known =
            found
            |> List.choose (fun own ->
                match own with
                | Ok own -> Some(value own)
                | Error _ -> None)

        let texts: string list = format known

        ((texts, []), found)
        ||> List.fold (fun (rest, cells) own ->
            match own, rest with
            | Ok _, text :: rest -> rest, text :: cells
            | _ -> rest, "" :: cells)
        |> snd
        |> List.rev

    let private degrees (values: float list) =
        values
        |> List.map (fun df -> if Double.IsFinite df then Math.Round(df, 2) else df)
        |> NumberText.column digits
        |> InferenceTables.dashed

    let private statistics (values: float list) =
        values
        |> List.map (fun t -> Math.Round(t, 3))
        |> NumberText.column digits
        |> InferenceTables.dashed

    // Ends near zero would ask for decimals that say nothing of the estimate.
    let private asIn (example: string) (values: float list) =
        if example.Contains 'e' then
            NumberText.column digits values |> InferenceTables.dashed
        else
            let decimals =
                match example.IndexOf '.' with
                | -1 -> 0
                | point -> example.Length - point - 1

            values |> List.map (NumberText.fixedPoint decimals) |> InferenceTables.dashed

    /// Estimates, standard errors and both ends share their decimals, so that they can be compared by eye.
    let private measured (found: Result<Estimate, LmmError> list) =
        let known =
            found
            |> List.choose (fun own ->
                match own with
                | Ok own -> Some own
                | Error _ -> None)

        let first =
            NumberText.column digits ((known |> List.map _.Estimate) @ (known |> List.map _.StandardError))

        let values, errors = List.splitAt known.Length (InferenceTables.dashed first)

        let ends =
            match values with
            | [] -> NumberText.column digits
            | example :: _ -> asIn example

        let columns = [
            cells (fun _ -> values) found _.Estimate
            cells (fun _ -> errors) found _.StandardError
            cells ends found _.Lower
            cells ends found _.Upper
        ]

        let estimates =
            List.map2
                (fun own cell ->
                    match own with
                    | Ok _ -> cell
                    | Error _ -> notEstimable)
                found
                columns[0]

        estimates :: List.tail columns

    let private percent (level: float) =
        (100.0 * level).ToString("G6", Globalization.CultureInfo.InvariantCulture) + "%"

    let private limits level = [ right $"lower {percent level}"; right $"upper {percent level}" ]

    let private testLetter (found: Result<Estimate, LmmError> list) =
        let isNormal own =
            match own with
            | Ok(own: Estimate) -> Double.IsInfinity own.Df || own.NotTestable.IsSome
            | Error _ -> true

        let isInfinite own =
            match own with
            | Ok(own: Estimate) -> Double.IsInfinity own.Df
            | Error _ -> false

        if List.forall isNormal found && List.exists isInfinite found then
            "z"
        else
            "t"

    let private rows (columns: string list list) = List.transpose columns

    /// <summary>Means of one family: estimate, standard error, df and interval; letters where there are some.</summary>
    let means (over: string list) level (letters: string list option) (own: MarginalMean list) : Table =
        let found = own |> List.map _.Estimate
        let measured = measured found
        let column format value = cells format found value

        Table.create
            [
                yield! over |> List.map left
                right "Estimate"
                right "Std. Error"
                right "df"
                yield! limits level
                if letters.IsSome then
                    left "letters"
            ]
            (rows [
                for index, _ in List.indexed over do
                    own |> List.map (fun mean -> snd mean.Levels[index])

                measured[0]
                measured[1]
                column degrees _.Df
                measured[2]
                measured[3]
                match letters with
                | Some letters -> letters
                | None -> ()
            ])

    /// <summary>Comparisons of one family: estimate, standard error, df, t, adjusted p and interval.</summary>
    let contrasts level areRatios (own: MarginalContrast list) : Table =
        let found = own |> List.map _.Estimate
        let letter = testLetter found
        let measured = measured found
        let column format value = cells format found value

        Table.create
            [
                left ""
                right (if areRatios then "Ratio" else "Estimate")
                right "Std. Error"
                right "df"
                yield! limits level
                right $"{letter} value"
                right $"Pr(>|{letter}|)"
            ]
            (rows [
                own |> List.map _.Name
                measured[0]
                measured[1]
                column degrees _.Df
                measured[2]
                measured[3]
                column statistics _.Statistic
                column (List.map InferenceTables.pValue) _.P
            ])
