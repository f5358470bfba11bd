namespace LmmFunctional.Analysis

open System
open System.Globalization
open LmmFunctional
open LmmFunctional.Model

/// What a column of the data is set to at one level of an axis.
[<RequireQualifiedAccess>]
type internal GridValue =
    | Level of code: int
    | Number of float

/// <summary>One variable of the reference grid.</summary>
[<NoComparison; ReferenceEquality>]
type internal GridAxis = {
    Name: string
    /// The variable as the model has it: <c>factor(dose)</c> for the column dose.
    Variable: string
    Labels: string[]
    /// For each level the columns it sets.
    Settings: (string * GridValue) list[]
    /// The level of every row used, −1 where it is none of these; None for a covariate.
    Codes: int[] option
}

/// <summary>What variables of the grid are set to.</summary>
[<RequireQualifiedAccess>]
module internal GridAxis =

    let private number (text: string) =
        match Double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture) with
        | true, value when Double.IsFinite value -> Some value
        | _ -> None

    /// The level that a text means: its label, or the one label that is the same number.
    let private levelOf (axis: GridAxis) (text: string) =
        match Array.IndexOf(axis.Labels, text.Trim()), number text with
        | -1, Some value ->
            match
                axis.Labels
                |> Array.indexed
                |> Array.filter (fun (_, label) -> number label = Some value)
            with
            | [| level, _ |] -> Ok level
            | _ -> Error(LmmError.UnknownChoice($"level of {axis.Name}", text.Trim(), List.ofArray axis.Labels))
        | -1, None -> Error(LmmError.UnknownChoice($"level of {axis.Name}", text.Trim(), List.ofArray axis.Labels))
        | level, _ -> Ok level

    /// A factor with some of its levels only, in the order of the texts; or: a level that there is not, or that stands twice.
    let restricted (texts: string list) (axis: GridAxis) : Result<GridAxis, LmmError list> =
        texts
        |> List.map (levelOf axis >> Result.mapError List.singleton)
        |> Problems.all
        |> Result.bind (fun levels ->
            if levels.IsEmpty then
                Error [ LmmError.WrongArguments(axis.Name, "give a level, at least one.") ]
            elif List.distinct levels <> levels then
                Error [ LmmError.WrongArguments(axis.Name, "a level stands twice; give each once.") ]
            else
                let chosen = Array.ofList levels

                Ok {
                    axis with
                        Labels = chosen |> Array.map (fun level -> axis.Labels[level])
                        Settings = chosen |> Array.map (fun level -> axis.Settings[level])
                        Codes = axis.Codes |> Option.map (Array.map (fun code -> Array.IndexOf(chosen, code)))
                })

    /// The values of a covariate; or that they are not finite numbers.
    let values name (texts: string list) : Result<string * float list, LmmError list> =
        let found = texts |> List.map number

        if found.IsEmpty || found |> List.exists Option.isNone then
            Error [
                LmmError.WrongArguments(name, "give finite values, at least one, such as 1,2.")
            ]
        else
            Ok(name, List.choose id found)
