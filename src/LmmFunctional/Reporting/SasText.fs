namespace LmmFunctional.Analysis

open System
open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>Names, terms and covariance structures in the words of SAS.</summary>
[<RequireQualifiedAccess>]
module internal SasText =

    // A name of SAS has letters, digits and underscores, 32 at most; any other is written as a literal.
    let name (text: string) =
        let isPlain =
            text <> ""
            && text.Length <= 32
            && (Char.IsAsciiLetter text[0] || text[0] = '_')
            && text
               |> Seq.forall (fun letter -> Char.IsAsciiLetterOrDigit letter || letter = '_')

        if isPlain then
            text
        else
            "'" + text.Replace("'", "''") + "'n"

    let variable expr =
        match expr with
        | Expr.Column own -> name own
        | other -> name (ExprText.deparse other)

    let term (own: Term) =
        own.Factors |> List.map variable |> String.concat "*"

    // A variable of CLASS has levels wherever it stands: where it is a number too, its levels are those of a copy.
    let copy (text: string) = name (text + "_class")

    let classVariable (numbers: Set<string>) expr =
        match expr with
        | Expr.Column own when numbers.Contains own -> copy own
        | other -> variable other

    let subject numbers (group: Term) =
        group.Factors |> List.map (classVariable numbers) |> String.concat "*"

    /// The TYPE= of a structure; or what SAS does not have.
    let typeOf (structure: Structure) (along: string list) : Result<string, string> =
        let coordinates = String.concat " " along

        match structure with
        | Structure.Identity
        | Structure.Diagonal -> Ok "VC"
        | Structure.Unstructured -> Ok "UN"
        | Structure.CompoundSymmetry -> Ok "CS"
        | Structure.HeterogeneousCompoundSymmetry -> Ok "CSH"
        | Structure.Autoregressive -> Ok "AR(1)"
        | Structure.HeterogeneousAutoregressive -> Ok "ARH(1)"
        | Structure.ContinuousAutoregressive -> Ok $"SP(POW)({coordinates})"
        | Structure.AutoregressiveMovingAverage(1, 1) -> Ok "ARMA(1,1)"
        | Structure.Toeplitz None -> Ok "TOEP"
        | Structure.Toeplitz(Some bands) -> Ok $"TOEP({bands})"
        | Structure.HeterogeneousToeplitz None -> Ok "TOEPH"
        | Structure.HeterogeneousToeplitz(Some bands) -> Ok $"TOEPH({bands})"
        | Structure.AnteDependence -> Ok "ANTE(1)"
        | Structure.FactorAnalytic factors -> Ok $"FA({factors})"
        | Structure.ReducedRank factors -> Ok $"FA0({factors})"
        | Structure.Spatial(correlation, isAnisotropic) ->
            let suffix = if isAnisotropic then "A" else ""

            match correlation, isAnisotropic with
            | SpatialCorrelation.Exponential, _ -> Ok $"SP(EXP{suffix})({coordinates})"
            | SpatialCorrelation.Gaussian, true -> Ok $"SP(GAUA)({coordinates})"
            | SpatialCorrelation.Gaussian, false -> Ok $"SP(GAU)({coordinates})"
            | SpatialCorrelation.Power, _ -> Ok $"SP(POW{suffix})({coordinates})"
            | SpatialCorrelation.Spherical, false -> Ok $"SP(SPH)({coordinates})"
            | SpatialCorrelation.Matern None, false -> Ok $"SP(MATERN)({coordinates})"
            | _ -> Error $"SAS has no {StructureText.name structure}."
        | Structure.Kronecker(Structure.Unstructured, Structure.Autoregressive) -> Ok "UN@AR(1)"
        | Structure.Kronecker(Structure.Unstructured, Structure.CompoundSymmetry) -> Ok "UN@CS"
        | Structure.Kronecker(Structure.Unstructured, Structure.Unstructured) -> Ok "UN@UN"
        | Structure.Kronecker _ -> Error "of products SAS has UN@AR(1), UN@CS and UN@UN only."
        | Structure.AutoregressiveMovingAverage _ -> Error "SAS has ARMA(1,1) only."

    let problemOf result =
        match result with
        | Ok _ -> None
        | Error problem -> Some problem
