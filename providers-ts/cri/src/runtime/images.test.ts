import { expect } from "chai";
import { describeEnclosed, REGISTRY_ACCOUNT } from "@outboard/runtimes";
import type { RegistryCredential } from "@outboard/contract";
import type { RuntimeError } from "@outboard/provider-sdk";
import { NEEDS, VERSIONS, World } from "../testing/world.js";

const NGINX = "registry.k8s.io/e2e-test-images/nginx:1.27.0-2";

describeEnclosed({ title: "CriRuntime: images", file: import.meta.filename, needs: NEEDS }, () => {
  for (const version of VERSIONS) {
    describe(version, function () {
      this.timeout(60_000);
      let world: World;

      before(async () => {
        world = await World.open(version);
      });

      after(async () => {
        await world[Symbol.asyncDispose]();
      });

      async function ensure(
        image: string,
        policy: "Always" | "IfNotPresent" | "Never",
        credentials: readonly RegistryCredential[] = [],
      ) {
        return await world.runtime.ensureImage(image, policy, credentials, AbortSignal.timeout(30_000));
      }

      async function failure(...args: Parameters<typeof ensure>): Promise<string> {
        return await ensure(...args).then(
          () => "no failure",
          ({ reason, message }: RuntimeError) => `${reason}: ${message}`,
        );
      }

      it("pulls what is not there, once, and again only where the policy says so", async () => {
        expect(await world.runtime.hasImage(NGINX)).to.equal(false);
        const first = await ensure(NGINX, "IfNotPresent");
        expect(first.pulled).to.equal(true);
        expect(first.imageId).to.match(/nginx@sha256:/);
        expect(first.sizeBytes).to.be.greaterThan(100_000);
        expect(await world.runtime.hasImage(NGINX)).to.equal(true);
        expect((await ensure(NGINX, "IfNotPresent")).pulled).to.equal(false);
        expect((await ensure(NGINX, "Never")).pulled).to.equal(false);
        expect((await ensure(NGINX, "Always")).pulled).to.equal(true);
      });

      it("words failures as the kubelet does", async () => {
        const missing = "registry.k8s.io/none/missing:1";
        const text = await failure(missing, "IfNotPresent");
        expect(text).to.match(
          /^ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "registry\.k8s\.io\/none\/missing:1": .*: not found$/,
        );
        expect(await failure(missing, "Never")).to.equal(
          `ErrImageNeverPull: Container image "${missing}" is not present with pull policy of Never`,
        );
        expect(await failure("Not A Name", "Always")).to.equal(
          'InvalidImageName: Failed to apply default image tag "Not A Name": couldn\'t parse image name "Not A Name": invalid reference format: repository name (Not A Name) must be lowercase',
        );
      });

      it("pulls from a private registry with the credentials that fit, tried in turn", async () => {
        const image = "private.example.com/e2e-test-images/busybox:1.37.0-2";
        expect(await failure(image, "Always")).to.match(
          /^ErrImagePull: .*(no basic auth credentials|authorization failed|401)/,
        );
        const wrong = credential({ username: "tester", password: "wrong" });
        expect(await failure(image, "Always", [wrong]))
          .to.match(/^ErrImagePull: /)
          .and.not.contain("wrong");
        const pulled = await ensure(image, "Always", [wrong, credential(REGISTRY_ACCOUNT)]);
        expect(pulled.pulled).to.equal(true);
      });

      it("stops waiting for a pull that is given up", async () => {
        const left = AbortSignal.abort(new Error("given up"));
        const result = await world.runtime
          .ensureImage(NGINX, "Always", [], left)
          .catch((error: Error) => error.message);
        expect(result).to.equal("given up");
      });
    });
  }
});

function credential(account: { readonly username: string; readonly password: string }): RegistryCredential {
  return { serverAddress: "private.example.com", identityToken: "", registryToken: "", ...account };
}
