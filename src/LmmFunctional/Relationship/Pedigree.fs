namespace LmmFunctional

open System
open System.Collections.Generic
open System.Collections.Immutable
open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>A pedigree: animals with their parents, parents before their offspring.</summary>
/// <remarks>Otherwise animals keep the order of their rows; parents that have no row of their own come first, as founders.
/// </remarks>
[<Sealed; StructuredFormatDisplay("{Display}")>]
type Pedigree internal (animals: ImmutableArray<string>, sires: int[], dams: int[], codes: (string * int) list) =

    /// The animals, parents before their offspring.
    member _.Animals = animals

    /// The position of each animal's sire; −1 where it is unknown.
    member _.Sires = ImmutableArray.CreateRange sires

    /// The position of each animal's dam; −1 where it is unknown.
    member _.Dams = ImmutableArray.CreateRange dams

    /// The codes that stand for unknown parents, besides an empty cell and 0, and how often each does.
    member _.UnknownCodes = codes

    /// Number of animals.
    member _.Count = animals.Length

    /// Owned by the pedigree, never written to.
    member internal _.SirePositions = sires

    /// Owned by the pedigree, never written to.
    member internal _.DamPositions = dams

    member private _.Display =
        let founders =
            Seq.zip sires dams
            |> Seq.filter (fun (sire, dam) -> sire < 0 && dam < 0)
            |> Seq.length

        Plural.count animals.Length "animal" + ", " + Plural.count founders "founder"

    /// Its size: 100 animals, 12 founders.
    override pedigree.ToString() = pedigree.Display

/// <summary>Making pedigrees.</summary>
[<RequireQualifiedAccess>]
module Pedigree =

    // What people write for a parent that nobody knows, in any case. As the name of an animal each of them is a mistake.
    let private unknown =
        HashSet<string>(
            [
                "0"
                "00"
                "000"
                "0000"
                "."
                "*"
                "-"
                "--"
                "?"
                "_"
                "na"
                "n/a"
                "#n/a"
                "nan"
                "nil"
                "none"
                "null"
                "unk"
                "unkn"
                "unknown"
                "missing"
                "-9"
                "-99"
                "-999"
                "-9999"
            ],
            StringComparer.OrdinalIgnoreCase
        )

    let private isUnknown (name: string) =
        String.IsNullOrWhiteSpace name || unknown.Contains(name.Trim())

    /// Numbers for the animals: parents without a row first, then the rows. Unknown parents are −1.
    let private number (rows: struct (string * string * string)[]) =
        let numbers = Dictionary<string, int>(StringComparer.Ordinal)
        let names = ResizeArray<string>()

        for struct (animal, _, _) in rows do
            if not (isUnknown animal) then
                numbers[animal] <- -1

        let add name =
            numbers[name] <- names.Count
            names.Add name

        for struct (_, sire, dam) in rows do
            for parent in [| sire; dam |] do
                if not (isUnknown parent) && not (numbers.ContainsKey parent) then
                    add parent

        let founders = names.Count

        for struct (animal, _, _) in rows do
            if not (isUnknown animal) && numbers[animal] < 0 then
                add animal

        let numberOf name =
            if isUnknown name then -1 else numbers[name]

        let sires = Array.create names.Count -1
        let dams = Array.create names.Count -1

        for struct (animal, sire, dam) in rows do
            if not (isUnknown animal) then
                sires[numbers[animal]] <- numberOf sire
                dams[numbers[animal]] <- numberOf dam

        founders, names.ToArray(), sires, dams

    /// The order in which parents come before their offspring, and the loops that make this impossible.
    let private arrange (sires: int[]) (dams: int[]) =
        let n = sires.Length
        let order = ResizeArray<int> n
        let loops = ResizeArray<int list>()
        // 0: not seen; 1: on the way up from some animal; 2: done.
        let state: byte[] = Array.zeroCreate n
        let path = Stack<int>()

        for start in 0 .. n - 1 do
            if state[start] = 0uy then
                path.Push start
                state[start] <- 1uy

                while path.Count > 0 do
                    let animal = path.Peek()
                    let mutable next = -1

                    for parent in [| sires[animal]; dams[animal] |] do
                        if parent >= 0 then
                            if state[parent] = 0uy && next < 0 then
                                next <- parent
                            elif state[parent] = 1uy then
                                // The way from this animal's descendants leads to it again.
                                let way = path |> Seq.takeWhile ((<>) parent) |> List.ofSeq
                                loops.Add(List.rev (way @ [ parent ]))

                    if next >= 0 then
                        state[next] <- 1uy
                        path.Push next
                    else
                        state[animal] <- 2uy
                        order.Add(path.Pop())

        order.ToArray(), loops |> Seq.distinct |> List.ofSeq

    // More offspring than this of one parent that is sire and dam at once and has no row of its own make no pedigree.
    let private mostOfBoth = 4

    /// Parents without a row of their own that are sire and dam of the same animals: an unknown code not known here.
    let private disguised (rows: struct (string * string * string)[]) =
        let animals = HashSet<string>(StringComparer.Ordinal)

        for struct (animal, _, _) in rows do
            animals.Add animal |> ignore

        rows
        |> Seq.filter (fun (struct (_, sire, dam)) -> sire = dam && not (isUnknown sire) && not (animals.Contains sire))
        |> Seq.countBy (fun (struct (_, sire, _)) -> sire)
        |> Seq.filter (fun (_, count) -> count > mostOfBoth || 2 * count > rows.Length)
        |> Seq.map LmmError.DisguisedUnknown
        |> List.ofSeq

    let private problems (rows: struct (string * string * string)[]) = [
        for index in 0 .. rows.Length - 1 do
            let struct (animal, _, _) = rows[index]

            if isUnknown animal then
                LmmError.UnnamedAnimal(index + 1)

        let places = Dictionary<string, ResizeArray<int>>(StringComparer.Ordinal)

        for index in 0 .. rows.Length - 1 do
            let struct (animal, _, _) = rows[index]

            if not (isUnknown animal) then
                match places.TryGetValue animal with
                | true, found -> found.Add(index + 1)
                | false, _ -> places[animal] <- ResizeArray [ index + 1 ]

        for KeyValue(animal, found) in places do
            if found.Count > 1 then
                LmmError.RepeatedAnimal(animal, List.ofSeq found)

        yield! disguised rows
    ]

    /// The codes that were taken as unknown parents, besides an empty cell and 0, and how often.
    let private codesOf (rows: struct (string * string * string)[]) =
        rows
        |> Seq.collect (fun (struct (_, sire, dam)) -> [| sire; dam |])
        |> Seq.filter (fun name -> not (String.IsNullOrWhiteSpace name) && name <> "0" && isUnknown name)
        |> Seq.countBy id
        |> List.ofSeq

    let private ofTriples (rows: struct (string * string * string)[]) =
        let _, names, sires, dams = number rows
        let order, loops = arrange sires dams

        let loops =
            loops
            |> List.map (List.map (fun animal -> names[animal]) >> LmmError.PedigreeLoop)

        match problems rows @ loops with
        | [] ->
            let position = Array.zeroCreate names.Length
            order |> Array.iteri (fun k animal -> position[animal] <- k)

            let moved (parents: int[]) =
                order
                |> Array.map (fun animal ->
                    if parents[animal] < 0 then
                        -1
                    else
                        position[parents[animal]])

            let animals = order |> Seq.map (fun animal -> names[animal])
            Ok(Pedigree(ImmutableArray.CreateRange animals, moved sires, moved dams, codesOf rows))
        | found -> Error(Problems.limit found)

    /// <summary>A pedigree from the animals with their parents, in any order.</summary>
    /// <param name="rows">Animal, sire, dam; an unknown parent is "", null or "0", or one of the usual codes: "." "*" "-"
    /// "?" "00" "NA" "N/A" "none" "null" "unknown" "-9" and their like.</param>
    /// <returns>The pedigree, or: an animal that is its own ancestor, that has two rows or no name, or a name that must be
    /// a code for unknown parents: sire and dam of the same animals, many times, without a row of its own.</returns>
    let ofRows (rows: (string * string * string) seq) : Result<Pedigree, LmmError list> =
        rows
        |> Seq.map (fun (animal, sire, dam) -> struct (animal, sire, dam))
        |> Array.ofSeq
        |> ofTriples

    /// <summary>The names in a column; "" where missing.</summary>
    let internal namesOf (column: Column) : string[] =
        match column with
        | Column.Numeric values ->
            values
            |> Seq.map (fun value -> if Double.IsNaN value then "" else LevelName.ofNumber value)
            |> Array.ofSeq
        | Column.Labelled(_, labels) -> Seq.toArray labels
        | Column.Categorical(levels, codes) ->
            codes
            |> Seq.map (fun code -> if code < 0 then "" else levels[code])
            |> Array.ofSeq

    /// <summary>A pedigree from the first three columns of a data set: animal, sire, dam.</summary>
    /// <returns>The pedigree, or its problems as those of <c>ofRows</c>, or: fewer than three columns.</returns>
    let ofFrame (frame: Frame) : Result<Pedigree, LmmError list> =
        if frame.Columns.Length < 3 then
            Error [
                LmmError.TooFewColumns("The pedigree", "animal, sire and dam", frame.Columns.Length)
            ]
        else
            let names k = namesOf frame.Columns[k]

            Array.zip3 (names 0) (names 1) (names 2)
            |> Array.map (fun (animal, sire, dam) -> struct (animal, sire, dam))
            |> ofTriples

    /// <summary>A pedigree from a file with a header line and the columns animal, sire, dam.</summary>
    /// <param name="options">How the file is written.</param>
    /// <param name="path">The file.</param>
    /// <returns>The pedigree, or the problems of the file or of the pedigree.</returns>
    let readWith (options: CsvOptions) (path: string) : Result<Pedigree, LmmError list> =
        Csv.readWith options path |> Result.bind ofFrame

    /// <summary>A pedigree from a CSV file with a header line and the columns animal, sire, dam.</summary>
    /// <returns>The pedigree, or the problems of the file or of the pedigree.</returns>
    let read (path: string) : Result<Pedigree, LmmError list> = readWith CsvOptions.defaults path
