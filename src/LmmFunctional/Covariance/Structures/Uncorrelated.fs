namespace LmmFunctional.Estimation

open LmmFunctional.Model

/// <summary>Independent positions: one variance, or one each.</summary>
[<RequireQualifiedAccess>]
module internal Uncorrelated =

    /// M = I.
    let identity = {
        Names = [||]
        Kinds = [||]
        Ends = [||]
        Start = [||]
        FurtherStarts = [||]
        Natural = id
        Unconstrained = Some
        Element = fun _ i j -> if i = j then Jet.one else Jet.zero
        HasEqualVariances = true
    }

    /// One variance: <c>id</c>.
    let family =
        StructureFamily.single
            (StructureEntry.create "id" "identity" "identity" "1" "s² for i = j, else 0" "s² >= 0"
             |> StructureEntry.partner "diag"
             |> StructureEntry.elsewhere [ "vc"; "simple"; "iid" ])
            Structure.Identity

    /// A variance each: <c>diag</c>.
    let diagonalFamily =
        StructureFamily.single
            (StructureEntry.create "diag" "diagonal" "diagonal" "m" "s_i² for i = j, else 0" "s_i² >= 0"
             |> StructureEntry.partner "id"
             |> StructureEntry.elsewhere [ "un(1)"; "uncorrelated" ])
            Structure.Diagonal

    let private unrelated (model: StructureModel) = {
        model with
            IsLinear = true
            IsLinearAtZero = true
            SasType = SasType.Named "VC"
            Relations = {
                model.Relations with
                    CanBeOne = false
            }
    }

    let model =
        let plain =
            StructureModel.scaled family.Entries.Head (fun _ -> identity) (ElementMath.onDiagonal ElementMath.variance)

        {
            unrelated plain with
                NlmeEffects = Some "pdIdent"
        }

    let diagonal =
        let plain =
            StructureModel.perPosition
                diagonalFamily.Entries.Head
                (fun _ -> identity)
                (ElementMath.onDiagonal ElementMath.ownVariance)

        {
            unrelated plain with
                NlmeEffects = Some "pdDiag"
        }
