namespace LmmFunctional.Estimation

open System.Collections.Generic
open LmmFunctional.Numerics

/// <summary>Σ_ij W_ij ∂²G_ij/∂τ_k∂τ_l, k×k by columns, for a symmetric W (S×S): what second derivatives of a likelihood need of a
/// covariance matrix G.</summary>
/// <remarks>Where standard deviations multiply a correlation matrix only the latter needs second derivatives of its elements.</remarks>
[<RequireQualifiedAccess>]
module internal WeightedCurvature =

    /// <summary>From the elements of G, S×S by columns, with their second derivatives by k parameters.</summary>
    let ofElements k (elements: Jet[]) (w: float[]) : float[] =
        let s = Semidefinite.order elements
        let sum: float[] = Array.zeroCreate (k * k)
        // Elements that are one and the same jet, as those of a lag, are added once.
        let weights = Dictionary<Jet, float>(HashIdentity.Reference)

        for j in 0 .. s - 1 do
            for i in j .. s - 1 do
                let element = elements[i + j * s]

                if element.Support.Length > 0 then
                    let own = if i = j then w[i + j * s] else w[i + j * s] + w[j + i * s]

                    weights[element] <-
                        match weights.TryGetValue element with
                        | true, before -> before + own
                        | _ -> own

        for KeyValue(element, weight) in weights do
            Jet.addSecond weight k sum element

        sum

    /// Of G as a function of τ, where there is no shorter way.
    let ofCovariance (covariance: Jet[] -> Jet[]) (tau: float[]) =
        ofElements tau.Length (covariance (Jet.variables tau))

    /// Sets a block of a symmetric k×k matrix and its transpose.
    let private set k (sum: float[]) row column value =
        sum[row + column * k] <- value
        sum[column + row * k] <- value

    /// Places the second derivatives by the last parameters.
    let private place k first (sum: float[]) (own: float[]) =
        let count = k - first

        for l in 0 .. count - 1 do
            for i in 0 .. count - 1 do
                sum[first + i + (first + l) * k] <- own[i + l * count]

    /// <summary>Of G = s²M: τ is s and the parameters of M.</summary>
    let ofScaled order (form: CovarianceForm) (tau: float[]) (w: float[]) : float[] =
        let k = tau.Length
        let s = tau[0]

        let m =
            CovarianceForm.matrix form (Jet.variables (Array.skip 1 tau)) [| 0 .. order - 1 |]

        let sum: float[] = Array.zeroCreate (k * k)
        ofElements (k - 1) m (w |> Array.map ((*) (s * s))) |> place k 1 sum

        for at in 0 .. m.Length - 1 do
            sum[0] <- sum[0] + 2.0 * w[at] * m[at].Value

            for i in 0 .. m[at].Support.Length - 1 do
                let row = 1 + m[at].Support[i]
                sum[row] <- sum[row] + 2.0 * s * w[at] * m[at].First[i]

        for row in 1 .. k - 1 do
            set k sum row 0 sum[row]

        sum

    /// <summary>Of G = diag(s) C diag(s): τ is the S standard deviations and the parameters of C.</summary>
    let ofHeterogeneous order (form: CovarianceForm) (tau: float[]) (w: float[]) : float[] =
        let k = tau.Length
        let s, own = Array.splitAt order tau

        let c = CovarianceForm.matrix form (Jet.variables own) [| 0 .. order - 1 |]

        let sum: float[] = Array.zeroCreate (k * k)

        Array.init w.Length (fun at -> w[at] * s[at % order] * s[at / order])
        |> fun weights -> ofElements (k - order) c weights
        |> place k order sum

        for i in 0 .. order - 1 do
            for j in 0 .. order - 1 do
                let at = i + j * order
                sum[i + j * k] <- 2.0 * w[at] * c[at].Value
                let weight = 2.0 * w[at] * s[j]

                if weight <> 0.0 then
                    for l in 0 .. c[at].Support.Length - 1 do
                        let row = order + c[at].Support[l]
                        sum[row + i * k] <- sum[row + i * k] + weight * c[at].First[l]

        for i in 0 .. order - 1 do
            for row in order .. k - 1 do
                set k sum row i sum[row + i * k]

        sum
