namespace LmmFunctional.Data

open System
open System.Runtime.InteropServices
open LmmFunctional
open LmmFunctional.Language

/// <summary>Key columns of several parts of the data, one after another.</summary>
[<RequireQualifiedAccess>]
module internal KeyColumn =

    /// Levels of both: in order where both are, else those of the first and then the new ones of the second.
    let private unitedLevels (a: string[]) (b: string[]) =
        let isSorted (levels: string[]) =
            levels
            |> Array.pairwise
            |> Array.forall (fun (x, y) -> String.CompareOrdinal(x, y) < 0)

        let all = Array.append a (Array.except a b)

        if isSorted a && isSorted b then
            Array.Sort(all, StringComparer.Ordinal)

        all

    let private labelOf value =
        if Double.IsNaN value then "" else LevelName.ofNumber value

    /// One column after another; levels are united by name, and numbers beside text are levels by theirs.
    let append (a: Column) (b: Column) : Column =
        match a, b with
        | Column.Numeric x, Column.Numeric y -> Column.ofFloats (Seq.append x y)
        | (Column.Numeric x | Column.Labelled(x, _)), (Column.Numeric y | Column.Labelled(y, _)) ->
            let labels column : string seq =
                match column with
                | Column.Labelled(_, labels) -> labels
                | Column.Numeric values -> values |> Seq.map labelOf
                | Column.Categorical _ -> Seq.empty

            Column.ofOwnedLabels (Seq.append x y |> Array.ofSeq) (Seq.append (labels a) (labels b) |> Array.ofSeq)
        | _ ->
            let levelsA, codesA = Levels.ofColumn a
            let levelsB, codesB = Levels.ofColumn b
            let all = unitedLevels levelsA levelsB
            let place = all |> Seq.mapi (fun code level -> level, code) |> readOnlyDict

            let moved (levels: string[]) (codes: int[]) =
                let places = levels |> Array.map (fun level -> place[level])
                codes |> Array.map (fun code -> if code < 0 then -1 else places[code])

            Column.Categorical(
                ImmutableCollectionsMarshal.AsImmutableArray all,
                ImmutableCollectionsMarshal.AsImmutableArray(Array.append (moved levelsA codesA) (moved levelsB codesB))
            )
