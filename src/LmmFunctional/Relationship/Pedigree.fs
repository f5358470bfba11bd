namespace LmmFunctional

open System
open System.Collections.Generic
open System.Collections.Immutable

/// <summary>A pedigree: animals with their parents, parents before their offspring.</summary>
/// <remarks>Otherwise animals keep the order of their rows; parents that have no row of their own come first, as founders.
/// </remarks>
[<Sealed; StructuredFormatDisplay("{Display}")>]
type Pedigree internal (animals: ImmutableArray<string>, sires: int[], dams: int[]) =

    /// The animals, parents before their offspring.
    member _.Animals = animals

    /// The position of each animal's sire; −1 where it is unknown.
    member _.Sires = ImmutableArray.CreateRange sires

    /// The position of each animal's dam; −1 where it is unknown.
    member _.Dams = ImmutableArray.CreateRange dams

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

    let private isUnknown (name: string) = String.IsNullOrEmpty name || name = "0"

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

    let private problems (rows: struct (string * string * string)[]) = [
        for index in 0 .. rows.Length - 1 do
            let struct (animal, _, _) = rows[index]

            if isUnknown animal then
                LmmError.UnnamedAnimal(index + 1)

        for animal, places in
            rows
            |> Seq.indexed
            |> Seq.filter (fun (_, struct (animal, _, _)) -> not (isUnknown animal))
            |> Seq.countBy (fun (_, struct (animal, _, _)) -> animal)
            |> Seq.filter (fun (_, count) -> count > 1) do
            let found =
                rows
                |> Seq.indexed
                |> Seq.filter (fun (_, struct (other, _, _)) -> other = animal)
                |> Seq.map (fst >> (+) 1)
                |> Seq.truncate places
                |> List.ofSeq

            LmmError.RepeatedAnimal(animal, found)
    ]

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
            Ok(Pedigree(ImmutableArray.CreateRange animals, moved sires, moved dams))
        | found -> Error found

    /// <summary>A pedigree from the animals with their parents, in any order.</summary>
    /// <param name="rows">Animal, sire, dam; an unknown parent is "", null or "0".</param>
    /// <returns>The pedigree, or: an animal that is its own ancestor, that has two rows or no name.</returns>
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

    /// <summary>A pedigree from a CSV file with a header line and the columns animal, sire, dam.</summary>
    /// <returns>The pedigree, or the problems of the file or of the pedigree.</returns>
    let read (path: string) : Result<Pedigree, LmmError list> = Csv.read path |> Result.bind ofFrame
