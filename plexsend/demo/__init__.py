"""The demo: the main job on this machine, played with a stand-in gateway and watched."""
