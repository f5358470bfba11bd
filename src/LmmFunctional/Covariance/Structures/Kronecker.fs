namespace LmmFunctional.Estimation

open LmmFunctional.Model
open LmmFunctional.Analysis

/// <summary>The product of two forms: M((i₁, i₂), (j₁, j₂)) = M₁(i₁, j₁) M₂(i₂, j₂), the first index varying fastest.</summary>
[<RequireQualifiedAccess>]
module internal Kronecker =

    /// The product of two sets of positions: labels joined by a colon, coordinates one after the other.
    let positions (first: FormPositions) (second: FormPositions) =
        let product pair (a: 'a[]) (b: 'a[]) =
            b |> Array.collect (fun y -> a |> Array.map (fun x -> pair x y))

        {
            Labels = product (fun x y -> $"{x}:{y}") first.Labels second.Labels
            Coordinates = product Array.append first.Coordinates second.Coordinates
        }

    /// A name with the number of its factor where the other factor has it too.
    let private distinguish number (other: string[]) name =
        if Array.contains name other then
            $"{name}.{number}"
        else
            name

    /// The names of both, with the number of the factor where they share one.
    let names (first: string[]) (second: string[]) =
        Array.append (first |> Array.map (distinguish 1 second)) (second |> Array.map (distinguish 2 first))

    /// The ends of both, by the same names.
    let ends (firstNames: string[], first) (secondNames: string[], second) =
        Array.append
            (ParameterEnds.rename (distinguish 1 secondNames) first)
            (ParameterEnds.rename (distinguish 2 firstNames) second)

    /// The product of a form on m positions and another.
    let create m (first: CovarianceForm) (second: CovarianceForm) =
        let count = CovarianceForm.count first

        {
            Names = names first.Names second.Names
            Kinds = Array.append first.Kinds second.Kinds
            Ends = ends (first.Names, first.Ends) (second.Names, second.Ends)
            Start = Array.append first.Start second.Start
            FurtherStarts =
                Array.allPairs (CovarianceForm.starts first) (CovarianceForm.starts second)
                |> Array.skip 1
                |> Array.map (fun (a, b) -> Array.append a b)
            Natural =
                fun tau ->
                    let a, b = Array.splitAt count tau
                    Array.append (first.Natural a) (second.Natural b)
            Unconstrained =
                fun natural ->
                    let a, b = Array.splitAt count natural
                    Option.map2 Array.append (first.Unconstrained a) (second.Unconstrained b)
            Element =
                fun tau ->
                    let a, b = Array.splitAt count tau
                    let elementA, elementB = first.Element a, second.Element b
                    fun i j -> elementA (i % m) (j % m) *. elementB (i / m) (j / m)
            HasEqualVariances = first.HasEqualVariances && second.HasEqualVariances
        }

    // The structure

    let private entry = {
        StructureEntry.create
            "kron"
            "kronecker"
            "Kronecker product"
            "those of its parts, one variance"
            "the product of the parts' elements"
            "that of its parts" with
            NeedsSubjects = false
            MostCoordinates = None
    }

    /// <c>kron</c>, which holds its parts in its own text.
    let family = {
        Entries = [ entry ]
        TryMake = fun _ -> None
        Advice = fun _ -> "'kron' cannot stand inside 'kron'; list all parts in one"
    }

    /// SAS has three of them, all with an unstructured first part.
    let private sasType (first: StructureModel) (second: StructureModel) =
        match first.SasType, second.SasType with
        | SasType.Named "UN", SasType.Named("AR(1)" | "CS" | "UN" as other) -> SasType.Named $"UN@{other}"
        | _ -> SasType.Missing(Some "of products SAS has UN@AR(1), UN@CS and UN@UN only.")

    /// What is known of the product of two structures.
    let model (first: StructureModel) (second: StructureModel) =
        let plain =
            StructureModel.create
                entry
                (fun _ -> invalidArg "structure" "A product needs the positions of each factor.")
                (MathText.Row [ first.Element; ElementMath.operator "⊗"; second.Element ])

        {
            plain with
                SasType = sasType first second
                Relations = {
                    plain.Relations with
                        CanBeOne = false
                }
        }
