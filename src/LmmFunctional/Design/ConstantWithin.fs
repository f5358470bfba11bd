namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>Factors that must not vary within the levels of another.</summary>
[<RequireQualifiedAccess>]
module internal ConstantWithin =

    /// <summary>The levels of a factor, and its one level in each level of a grouping factor.</summary>
    /// <returns>Name, levels and a code for every level of the grouping factor, or: a single level, or the first rows in
    /// which it varies.</returns>
    let perLevel (selection: Selection) expr (group: string, groups: string[], codes: int[]) =
        let name = VariableTyping.nameOf expr

        VariableTyping.categories selection expr
        |> Result.bind (fun (categories, own) ->
            let levels = Categories.names categories
            let first = Array.create groups.Length -1

            codes
            |> Array.iteri (fun row code ->
                if first[code] < 0 then
                    first[code] <- row)

            let differs =
                Seq.init codes.Length id
                |> Seq.tryFind (fun row -> own[row] <> own[first[codes[row]]])

            match differs with
            | _ when levels.Length = 1 -> Error [ LmmError.SingleLevel name ]
            | Some row ->
                let found at = levels[own[at]], selection.Rows[at] + 1
                let before = first[codes[row]]

                Error [
                    LmmError.VariesWithin(name, group, groups[codes[row]], found before, found row)
                ]
            | None -> Ok(name, ImmutableArray.CreateRange levels, first |> Array.map (fun row -> own[row])))
