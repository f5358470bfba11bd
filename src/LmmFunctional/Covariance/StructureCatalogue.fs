namespace LmmFunctional.Model

open System
open LmmFunctional.Estimation

/// <summary>All covariance structures: their names, formulas and ranges.</summary>
/// <remarks>The one table behind reading, printing, the words, the documentation and the messages.</remarks>
[<RequireQualifiedAccess>]
module StructureCatalogue =

    /// Every structure, in the order of the documentation.
    let all: StructureEntry list = Catalogue.families |> List.collect _.Entries

    /// An entry's name with its arguments: <c>toep(k)</c>.
    let signature (entry: StructureEntry) =
        if entry.Arguments.IsEmpty then
            entry.Name
        else
            entry.Name + "(" + String.Join(",", entry.Arguments) + ")"

    /// <summary>The name of a structure and its arguments.</summary>
    /// <remarks>The parts of a Kronecker product have names of their own: it is <c>kron</c>.</remarks>
    let nameOf structure : string * float list =
        let model = Catalogue.modelOf structure
        model.Entry.Name, model.Arguments

    /// The entry of a structure.
    let ofStructure structure : StructureEntry = (Catalogue.modelOf structure).Entry

    let private names = all |> List.map _.Name |> List.distinct

    // Two letters are too few to guess from: the names of other programs come first, without any tolerance.
    let private suggest (name: string) =
        let same (other: string) =
            String.Equals(name, other, StringComparison.OrdinalIgnoreCase)

        all
        |> List.tryFind (fun entry -> same entry.Name || List.exists same entry.Elsewhere)
        |> Option.map _.Name
        |> Option.orElse (Nearest.suggest names name)

    let private unknown name =
        match suggest name with
        | Some known -> $"the structure '{name}' is not known; did you mean '{known}'?"
        | None ->
            let known = String.Join(", ", names)
            $"the structure '{name}' is not known; there are {known}"

    /// <summary>The structure of a name and its arguments.</summary>
    /// <param name="name">A name of the catalogue.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>The structure, or in words what is wrong: an unknown name with the nearest known one, or arguments that
    /// the structure does not take.</returns>
    let make (name: string) (arguments: float list) : Result<Structure, string> =
        match
            Catalogue.families
            |> List.tryFind (fun family -> family.Entries.Head.Name = name)
        with
        | None -> Error(unknown name)
        | Some family ->
            match family.TryMake arguments with
            | Some structure -> Ok structure
            | None ->
                family.Entries
                |> List.map signature
                |> String.concat " or "
                |> family.Advice
                |> Error
