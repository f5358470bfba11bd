namespace LmmFunctional.Estimation

open System
open System.Collections.Generic
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Data
open LmmFunctional.Language

/// <summary>What a reader of a fit must know of how its data were taken: labels that are one number, dates, steps with
/// gaps.</summary>
[<RequireQualifiedAccess>]
module internal DataNotes =

    // More labels than this are no help.
    let private mostListed = 3

    let private listed (names: string list) count =
        match names with
        | [] -> ""
        | _ when count > names.Length -> String.concat ", " names + $" and {count - names.Length} more"
        | [ only ] -> only
        | _ ->
            String.concat ", " (List.truncate (names.Length - 1) names)
            + " and "
            + List.last names

    /// The labels of a column that are different texts of one number, for each such number.
    let clashes (column: Column) : string list list =
        match column with
        | Column.Labelled(values, labels) ->
            let known = Dictionary<string, float>(StringComparer.Ordinal)

            for row in 0 .. labels.Length - 1 do
                if labels[row] <> "" then
                    known[labels[row]] <- values[row]

            known
            |> Seq.groupBy _.Value
            |> Seq.map (fun (_, group) ->
                group
                |> Seq.map _.Key
                |> Seq.sortWith (fun a b -> String.CompareOrdinal(a, b))
                |> List.ofSeq)
            |> Seq.filter (fun group -> group.Length > 1)
            |> List.ofSeq
        | Column.Numeric _
        | Column.Categorical _ -> []

    /// Levels of a factor that differ as texts and are equal as numbers.
    let labels name (column: Column) : string option =
        match clashes column with
        | [] -> None
        | first :: others ->
            let shown =
                first |> List.truncate mostListed |> List.map (fun label -> $"'{label}'")

            let more =
                match others.Length with
                | 0 -> ""
                | count -> ", and " + Plural.count count "more number" + " with several texts"

            Some $"The levels of '{name}' are its texts: {listed shown first.Length} are different levels{more}."

    /// Whether a column holds dates.
    let isDateColumn (frame: Frame) name =
        match frame.TryColumn name with
        | Some(Column.Labelled(_, labels)) ->
            labels
            |> Seq.tryFind (fun label -> label <> "")
            |> Option.exists (fun label ->
                let mutable days = 0.0
                DateText.tryDays label &days)
        | _ -> false

    /// Whether an expression is a column of dates.
    let isDate (selection: Selection) expr =
        match expr with
        | Expr.Column name -> isDateColumn selection.Frame name
        | _ -> false

    /// Codes that a pedigree has for unknown parents.
    let unknownParents name (relationship: Relationship) : string option =
        match relationship.UnknownCodes with
        | [] -> None
        | codes ->
            let shown =
                codes |> List.truncate mostListed |> List.map (fun (code, _) -> $"'{code}'")

            let count = codes |> List.sumBy snd
            let are = Plural.verb count "is" "are"
            let parents = Plural.count count "parent"
            Some $"In pedigree '{name}' {parents} {are} taken as unknown: {listed shown codes.Length}."

    /// Dates that are taken as numbers.
    let dates name =
        $"'{name}' holds dates, which are taken as days from 1970-01-01."

    /// Numbers that are taken as steps although no equal steps reach them.
    let uneven name =
        $"'{name}' is not equally spaced: its values are taken as steps of one in their order; car1 goes by distance."

    /// A factor whose levels are taken as steps.
    let closed name =
        $"The levels of '{name}' are taken as steps of one in their order."

    /// <summary>Steps that no row has.</summary>
    /// <param name="name">The variable.</param>
    /// <param name="isDate">Whether its numbers are days of dates.</param>
    /// <param name="first">Its least number.</param>
    /// <param name="step">The length of a step.</param>
    /// <param name="places">The places that occur.</param>
    let gaps name isDate (first: float) (step: float) (places: int[]) : string option =
        let nameOf (value: float) =
            if isDate then
                DateTime(1970, 1, 1).AddDays(value).ToString("yyyy-MM-dd", Globalization.CultureInfo.InvariantCulture)
            else
                LevelName.ofNumber (Math.Round(value, 9))

        let steps =
            match isDate, LevelName.ofNumber (Math.Round(step, 9)) with
            | false, length -> length
            | true, "1" -> "1 day"
            | true, length -> $"{length} days"

        match Lattice.gaps mostListed places with
        | [], _ -> None
        | missing, count ->
            let names = missing |> List.map (fun place -> nameOf (first + float place * step))

            let verb = Plural.verb count "stays a gap" "stay gaps"

            Some(
                $"'{name}' goes in steps of {steps}: {listed names count}, which no row has, {verb}; "
                + $"factor({name}) closes them, car1 goes by distance."
            )
