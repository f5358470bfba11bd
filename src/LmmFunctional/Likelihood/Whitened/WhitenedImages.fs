namespace LmmFunctional.Estimation

open FSharp.NativeInterop
open LmmFunctional.Numerics

#nowarn "9"

/// <summary>Products of vectors of n places with the derivatives of V, at the point a factor holds.</summary>
[<RequireQualifiedAccess>]
module internal WhitenedImages =

    /// ∂G/∂θ_k of every parameter of every term: term, and S×S.
    let covarianceSlopes (factor: WhitenedFactor) : (int * float[])[] =
        factor.Model.Marginal.Forms
        |> Array.mapi (fun t form ->
            EffectsForm.derivatives form factor.Covariances[t]
            |> Array.map (fun slope -> t, slope))
        |> Array.concat

    /// Z(Ġ ⊗ A)h for m columns of effects h = Z'w, n places each.
    let private ofTerm (model: WhitenedModel) (t, slope: float[]) m (h: nativeptr<float>) : float[] =
        let symbolic = model.Symbolic
        let q = symbolic.Analysis.Size
        let image = Workspace.Rent(max 1 (q * m))
        System.Span<float>(NativePtr.toVoidPtr h, q * m).CopyTo image.Span

        let matrices =
            model.Marginal.Forms
            |> Array.mapi (fun u form ->
                if u = t then
                    slope
                else
                    Array.zeroCreate (form.Order * form.Order))

        NodeVectors.applyBlocks symbolic (NodeVectors.groupLambdas symbolic.Products matrices) false m image.Pointer
        NodeVectors.applyRelationship symbolic m image.Pointer
        let result: float[] = Array.zeroCreate (model.Rows.Count * m)
        WhitenedVectors.addEffects model m 1.0 image.Pointer result
        Workspace.Return image
        result

    /// V̇_k w for all k parameters and m vectors of n places: for each parameter the m images side by side.
    let create (factor: WhitenedFactor) m (w: float[]) : float[] =
        let model = factor.Model
        let slopes = factor.Residual.Slopes.Value
        let q = model.Symbolic.Analysis.Size
        let h = Workspace.Rent(max 1 (q * m))
        WhitenedVectors.project model m w h.Pointer

        let ofTerms =
            covarianceSlopes factor
            |> Array.collect (fun slope -> ofTerm model slope m h.Pointer)

        Workspace.Return h

        let ofResiduals =
            Array.init model.Rows.Residual.Parameters (fun k ->
                WhitenedRows.multiply model.Rows (slopes |> Array.map (fun own -> own[k])) m w)

        Array.append ofTerms (Array.concat ofResiduals)
