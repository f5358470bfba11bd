namespace LmmFunctional.Saving

open System.Collections.Immutable
open System.Text.Json
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>A known matrix between levels in the JSON of a saved model: what it was made of, so that the same bits are made
/// again.</summary>
[<RequireQualifiedAccess>]
module internal SavedRelationship =

    let private writePedigree (json: Utf8JsonWriter) (pedigree: Pedigree) =
        SavedValues.writeInts json "sires" pedigree.SirePositions
        SavedValues.writeInts json "dams" pedigree.DamPositions

        SavedValues.writeObject json "unknownCodes" (fun () ->
            for code, count in pedigree.UnknownCodes do
                json.WriteNumber(code, count))

    /// The members of an open object.
    let write (json: Utf8JsonWriter) (relationship: Relationship) =
        SavedValues.writeTexts json "levels" relationship.Levels

        match relationship.Pedigree, relationship.Form with
        | Some pedigree, _ -> writePedigree json pedigree
        | None, RelationshipForm.Precision precision ->
            SavedValues.writeFloats json "diagonal" precision.Diagonal
            SavedValues.writeInts json "starts" precision.Starts
            SavedValues.writeInts json "columns" precision.Columns
            SavedValues.writeFloats json "values" precision.Values
        | None, RelationshipForm.Root root ->
            json.WriteNumber("rank", root.Rank)
            SavedValues.writeFloats json "root" root.Values
            SavedValues.writeFloats json "variances" root.Variances

    let private readPrecision (element: JsonElement) =
        let starts, columns =
            SavedValues.readInts "starts" element, SavedValues.readInts "columns" element

        let values = SavedValues.readFloats "values" element

        let elements = [|
            for row in 0 .. starts.Length - 2 do
                for at in starts[row] .. starts[row + 1] - 1 -> struct (row, columns[at], values[at])
        |]

        match SparsePrecision.tryFactor (SavedValues.readFloats "diagonal" element) elements with
        | Some precision -> RelationshipForm.Precision precision
        | None -> raise (JsonException "the inverse of a known matrix is not positive definite")

    /// <summary>The relationship.</summary>
    /// <exception cref="T:System.Text.Json.JsonException">It is none.</exception>
    let read (element: JsonElement) : Relationship =
        let levels = SavedValues.readTexts "levels" element
        let isPedigree, _ = element.TryGetProperty "sires"
        let isRoot, _ = element.TryGetProperty "root"

        if isPedigree then
            Pedigree(
                ImmutableArray.CreateRange levels,
                SavedValues.readInts "sires" element,
                SavedValues.readInts "dams" element,
                SavedValues.readObject "unknownCodes" _.GetInt32() element
            )
            |> Relationship.ofPedigree
        else
            let form =
                if isRoot then
                    RelationshipForm.Root {
                        Count = levels.Length
                        Rank = element.GetProperty("rank").GetInt32()
                        Values = SavedValues.readFloats "root" element
                        Variances = SavedValues.readFloats "variances" element
                    }
                else
                    readPrecision element

            Relationship(ImmutableArray.CreateRange levels, form, None)
